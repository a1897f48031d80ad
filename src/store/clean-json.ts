/** The one place where values become JSON for the database: what PostgreSQL cannot hold is replaced. Pure. */

/**
 * JSON text that `jsonb` and `text` columns take. NUL and lone surrogates, in keys as well, become U+FFFD; undefined
 * members are left out.
 */
export function toJsonText(value: unknown): string {
  const text = JSON.stringify(value);
  if (!text.includes('\\u0000') && !text.includes('\\ud')) return text;
  // JSON.stringify writes pairs as they are and only lone surrogates as escapes; an escaped backslash stays one.
  return text.replace(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, (found) =>
    found === '\\u0000' || found.startsWith('\\ud') ? '\\ufffd' : found,
  );
}

/** JSON texts as one list. */
export function jsonList(items: readonly { readonly text: string }[]): string {
  return `[${items.map(({ text }) => text).join(',')}]`;
}

/** The value as it will be read back. */
export function cleanJson<T>(value: T): T {
  return JSON.parse(toJsonText(value)) as T;
}

/** A string as a `text` column takes it. */
export function cleanText(text: string): string {
  return text.replaceAll('\u0000', '\ufffd').toWellFormed();
}
