/** Columns that text takes on a terminal: wide characters count two, combining ones none. Pure. */

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{1fa70}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const NARROW_ONLY = /^[\u0020-\u007e]*$/;
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Width of a text without escapes, in columns. */
export function displayWidth(text: string): number {
  if (NARROW_ONLY.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** The text cut to at most `columns` columns, with an ellipsis when something was cut. */
export function cut(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of segmenter.segment(text)) {
    const next = width + graphemeWidth(segment);
    if (next > columns - 1) break;
    kept += segment;
    width = next;
  }
  return `${kept}…`;
}

/** The text cut and filled to exactly `columns` columns. */
export function fitTo(text: string, columns: number): string {
  const kept = cut(text, columns);
  return kept + ' '.repeat(Math.max(0, columns - displayWidth(kept)));
}

/** Lines of at most `columns` columns, broken between words where possible. */
export function wrap(text: string, columns: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, Math.max(1, columns)));
}

function wrapLine(line: string, columns: number): string[] {
  const lines: string[] = [];
  let current = '';
  let width = 0;
  for (const { segment } of segmenter.segment(line)) {
    const more = graphemeWidth(segment);
    if (width + more > columns && current) {
      const space = current.lastIndexOf(' ');
      const breakAt = space > current.length / 2 ? space : current.length;
      lines.push(current.slice(0, breakAt));
      current = current.slice(breakAt).trimStart();
      width = displayWidth(current);
    }
    current += segment;
    width += more;
  }
  return [...lines, current];
}

function graphemeWidth(grapheme: string): number {
  if (grapheme.length === 1 && grapheme >= ' ' && grapheme <= '~') return 1;
  if (/^[\p{M}\p{Cf}\p{Cc}]+$/u.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}
