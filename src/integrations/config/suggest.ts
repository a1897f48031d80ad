/** Finds the name somebody meant. Pure. */

/** The nearest of `names` when it is near enough to be a slip (case does not count), else undefined. */
function suggest(name: string, names: readonly string[]): string | undefined {
  const allowed = Math.min(2, Math.max(1, Math.floor(name.length / 4)));
  const ranked = names
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate, 'en'));
  return ranked[0]?.candidate;
}

/** ` Did you mean "x"?` or the names to choose from, as the end of a remedy. */
export function didYouMean(name: string, names: readonly string[]): string {
  const near = suggest(name, names);
  if (near !== undefined) return `Did you mean "${near}"?`;
  return names.length <= 12 ? `Known here: ${names.join(', ')}.` : 'Remove it; `orchestrator config show` lists all.';
}

/** Insertions, deletions, replacements and swaps of neighbours; texts over 64 characters count as far apart. */
function editDistance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return Number.MAX_SAFE_INTEGER;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const costs = [at(previous, j) + 1, at(row, j - 1) + 1, at(previous, j - 1) + (same ? 0 : 1)];
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) costs.push(at(before, j - 2) + 1);
      row.push(Math.min(...costs));
    }
    before = previous;
    previous = row;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.MAX_SAFE_INTEGER;
}
