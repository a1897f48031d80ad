/** Import cycles, type imports included. Tests only. */
import type { Breach, SourceFile } from '../support/source-file.ts';

/** Each cycle once, as the chain of its files. */
export function cycleBreaches(files: readonly SourceFile[]): Breach[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const state = new Map<string, 'open' | 'done'>();
  const found: Breach[] = [];
  const walk = (path: string, chain: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      found.push([...chain.slice(chain.indexOf(path)), path].join(' → '));
      return;
    }
    state.set(path, 'open');
    for (const edge of byPath.get(path)?.imports ?? [])
      if (byPath.has(edge.target)) walk(edge.target, [...chain, path]);
    state.set(path, 'done');
  };
  for (const path of byPath.keys()) walk(path, []);
  return found;
}
