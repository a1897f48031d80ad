/** Puts foreign text into our prompts so that it cannot leave its tag or hide characters. Pure and sandbox-safe. */
import { stripInvisible } from '../core/invisible.ts';

/** The text for inside a tag: without characters that do not show, and with & < > escaped. */
export function escapeXml(text: string): string {
  return stripInvisible(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The text for inside a double-quoted attribute, on one line. */
export function escapeAttribute(text: string): string {
  return escapeXml(text).replaceAll('"', '&quot;').replace(/\s+/g, ' ').trim();
}

/** JSON for inside a tag: < > & as JSON escapes, so that a model that repeats a value repeats it unchanged. */
export function jsonInTag(value: unknown): string {
  const escaped = JSON.stringify(value, null, 1).replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
  return stripInvisible(escaped);
}
