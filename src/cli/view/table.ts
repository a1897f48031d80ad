/** Plain tables with aligned columns, which on a narrow terminal become lines below each other. Pure. */
import { safeLine } from './safe-text.ts';
import { cut, displayWidth, fitTo } from './width.ts';

/** A last column narrower than this says too little to stand beside the others. */
const LEAST_LAST = 24;

/**
 * Lines of a head and rows, columns parted by two spaces; cells are made safe. Without a width (a pipe) nothing is cut; else
 * only the last column is: where it does not fit it stands below its row, and where the others do not fit either each cell has
 * a line of its own.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], columns?: number): string[] {
  const width = columns ?? Number.POSITIVE_INFINITY;
  const cells = [head, ...rows].map((row) => row.map(safeLine));
  const widths = head.map((_, at) => Math.max(...cells.map((row) => displayWidth(row[at] ?? ''))));
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const wanted = Math.min(widths.at(-1) ?? 0, LEAST_LAST);
  if (before + wanted <= width) {
    widths[widths.length - 1] = Math.min(widths.at(-1) ?? 0, width - before);
    return cells.map((row) => inLine(row, widths));
  }
  if (before - 2 <= width) {
    return cells.flatMap((row, at) => [inLine(row.slice(0, -1), widths), ...(at > 0 ? below(row.at(-1), width) : [])]);
  }
  const [, ...bodies] = cells;
  return bodies.flatMap((row) => inLines(head, row, width));
}

function inLine(row: readonly string[], widths: readonly number[]): string {
  const padded = row.map((cell, at) => fitTo(cell, widths[at] ?? 0));
  return padded.join('  ').trimEnd();
}

function below(cell: string | undefined, columns: number): string[] {
  return cell ? [`    ${cut(cell, columns - 4)}`] : [];
}

function inLines(head: readonly string[], [first = '', ...others]: readonly string[], columns: number): string[] {
  const width = Math.max(...head.slice(1).map(displayWidth));
  const lines = others.flatMap((cell, at) => (cell ? [`  ${fitTo(head[at + 1] ?? '', width)}  ${cell}`] : []));
  return [
    first,
    ...lines.map((line, at) => (at === lines.length - 1 ? cut(line, Math.max(columns, width + 12)) : line)),
  ];
}
