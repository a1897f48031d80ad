/** Characters that do not show: find them, strip them for the model, spell them out for people. Pure and sandbox-safe. */

/**
 * Soft hyphen, Mongolian vowel separator, zero width and bidi controls, invisible operators, byte order mark, interlinear
 * marks, the tag block and the variation selectors supplement. Not the plain variation selectors, which emoji need.
 */
const RANGES =
  '\\u00AD\\u180E\\u200B-\\u200F\\u202A-\\u202E\\u2060-\\u206F\\uFEFF\\uFFF9-\\uFFFB\\u{E0000}-\\u{E007F}\\u{E0100}-\\u{E01EF}';
const ONE = new RegExp(`[${RANGES}]`, 'u');
const ALL = new RegExp(`[${RANGES}]`, 'gu');

/** Whether the text holds a character that does not show. */
export function hasInvisibleCharacters(text: string): boolean {
  return ONE.test(text);
}

/** The text without characters that do not show; joiners inside emoji and scripts that use them go as well. */
export function stripInvisible(text: string): string {
  return text.replace(ALL, '');
}

/** The text with every character that does not show spelt as `\u{200B}`, so that a person sees it. */
export function escapeInvisible(text: string): string {
  return text.replace(ALL, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`);
}
