/** Makes text of unknown origin safe to show on a terminal or in a log line. Pure, any side. */

/** C0, DEL and C1 controls, zero-width, bidirectional and tag characters: what acts on a terminal or does not show. */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]|\p{Cs}/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Escapes as seen by a person, on one line: `\n`, `\x1b`, `\u{202e}`. */
export function escapeControl(text: string): string {
  return text.replace(UNSAFE, (char) => SHORT[char] ?? readable(char.codePointAt(0) ?? 0));
}

function readable(code: number): string {
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** Escapes the same characters inside finished JSON text, so that it stays the same JSON. */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, (char) =>
    Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}
