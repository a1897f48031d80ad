/** Puts a run's tables into a Markdown file, in place of those of the last one. Benchmark only. */
import { readFileSync, writeFileSync } from 'node:fs';

const BEGIN = '<!-- bench: begin -->';
const END = '<!-- bench: end -->';

/** Replaces what stands between the marks `<!-- bench: begin -->` and `<!-- bench: end -->`. Throws when they are missing. */
export function writeBlock(path: string, block: string): void {
  const text = readFileSync(path, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${path} has no ${BEGIN} … ${END}`);
  writeFileSync(path, `${text.slice(0, from)}${BEGIN}\n\n${block}\n${text.slice(to)}`);
}
