/** Bounded labels from long texts. Pure. */

/** The beginning of a text in one line, at most `maxBytes` of UTF-8, cut between characters. */
export function firstBytes(text: string, maxBytes: number): string {
  const line = text
    .slice(0, maxBytes * 2)
    .replace(/\s+/g, ' ')
    .trim();
  if (Buffer.byteLength(line) <= maxBytes) return line;
  const room = maxBytes - Buffer.byteLength('…');
  let used = 0;
  let kept = '';
  for (const character of line) {
    used += Buffer.byteLength(character);
    if (used > room) break;
    kept += character;
  }
  return `${kept}…`;
}
