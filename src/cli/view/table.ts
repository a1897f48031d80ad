/** Plain tables with aligned columns. Pure. */
import { safeLine } from './safe-text.ts';
import { displayWidth, fitTo } from './width.ts';

/** Lines of a table: a head and rows, columns parted by two spaces; cells are made safe. The last column is cut to fit. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], columns = 120): string[] {
  const cells = [head, ...rows].map((row) => row.map(safeLine));
  const widths = head.map((_, at) => Math.max(...cells.map((row) => displayWidth(row[at] ?? ''))));
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const last = widths.length - 1;
  widths[last] = Math.max(8, Math.min(widths[last] ?? 0, columns - before));
  return cells.map((row) =>
    widths
      .map((width, at) => fitTo(row[at] ?? '', width))
      .join('  ')
      .trimEnd(),
  );
}
