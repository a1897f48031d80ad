/** Text of models and users made safe for a terminal: escapes stripped, characters that do not show shown escaped. Pure. */
import { escapeInvisible } from '../../core/invisible.ts';
import { escapeJson } from '../../monitoring/escape.ts';

const ESC = '\\u001b';
/** What acts on a terminal, in the order in which a terminal reads it. */
const ACTING = new RegExp(
  [
    // OSC, DCS, PM, APC and SOS strings with their terminator, on one line.
    `(?:${ESC}[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])[^\\u0007\\u001b\\u0080-\\u009f\\n]*(?:\\u0007|${ESC}\\\\|\\u009c)`,
    // CSI sequences: cursor moves, colours, modes.
    `(?:${ESC}\\[|\\u009b)[0-?]*[ -/]*[@-~]`,
    // Other escapes, and the introducer of an unfinished string.
    `${ESC}[ -/]*[0-~]?`,
    // C0 but tab and line feed, DEL, C1.
    '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]',
  ].join('|'),
  'gu',
);
/** What does not show beyond the list in core: letter mark, separators, fillers. */
const MORE_INVISIBLE = /[\u061c\u115f\u1160\u2028\u2029\u3164\uffa0]/gu;

/** Text of several lines: keeps line feeds and tabs, strips the rest of the controls. */
export function safeText(text: string): string {
  const visible = text.toWellFormed().replace(/\r\n?/g, '\n').replace(ACTING, '');
  return escapeInvisible(visible).replace(MORE_INVISIBLE, (character) => `\\u{${codePoint(character)}}`);
}

/** Text in one line: line feeds and tabs become spaces. */
export function safeLine(text: string): string {
  return safeText(text)
    .replace(/[\n\t]+/g, ' ')
    .trim();
}

/** JSON whose strings are safe for a terminal: what would not show is written as `\uXXXX`. */
export function safeJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent) ?? 'null';
  return text.split('\n').map(escapeJson).join('\n');
}

function codePoint(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
