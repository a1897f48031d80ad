/** Copies anything a caller may log into bounded plain data; never throws. Any side. */
import { MAX_FIELD_DEPTH, redactText } from './redact.ts';

const MAX_TEXT = 16_384;
const MAX_MEMBERS = 100;

/** The text without secrets, at most 16 KiB of it. */
export function plainText(text: string): string {
  // Cut twice: first so that a huge text is not searched, then to the size shown, so that no half secret is left over.
  const clean = redactText(text.length > 4 * MAX_TEXT ? text.slice(0, 4 * MAX_TEXT) : text);
  return text.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT)}… (${text.length} characters)` : clean;
}

/** JSON-like copy: errors with their causes, maps and sets as data, cycles and depths cut, secrets out of all texts. */
export function plain(value: unknown, depth = 0, above: readonly object[] = []): unknown {
  if (typeof value === 'string') return plainText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value === 'boolean' || value === undefined) return value;
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (above.includes(value)) return '[circular]';
  if (depth > MAX_FIELD_DEPTH) return '[deep]';
  try {
    return plainObject(value, depth, [...above, value]);
  } catch {
    return '[unreadable]';
  }
}

function plainObject(value: object, depth: number, above: readonly object[]): unknown {
  if (value instanceof Error) return plainError(value, depth, above);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof URL || value instanceof RegExp) return plainText(String(value));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value) || value instanceof Set) return plainList([...value], depth, above);
  if (value instanceof Map || value instanceof Headers) {
    return plainMembers(
      [...value].map(([key, member]) => [String(key), () => member]),
      depth,
      above,
    );
  }
  const record = value as Readonly<Record<string, unknown>>;
  return plainMembers(
    Object.keys(record).map((key) => [key, () => record[key]]),
    depth,
    above,
  );
}

function plainList(items: readonly unknown[], depth: number, above: readonly object[]): unknown[] {
  const shown: unknown[] = items.slice(0, MAX_MEMBERS).map((item) => plain(item, depth + 1, above));
  if (items.length > MAX_MEMBERS) shown.push(`… (${items.length} items)`);
  return shown;
}

function plainMembers(
  members: readonly (readonly [string, () => unknown])[],
  depth: number,
  above: readonly object[],
): Record<string, unknown> {
  const shown = members.slice(0, MAX_MEMBERS).map(([key, read]) => [plainText(key), readMember(read, depth, above)]);
  return Object.fromEntries(shown) as Record<string, unknown>;
}

function readMember(read: () => unknown, depth: number, above: readonly object[]): unknown {
  try {
    return plain(read(), depth + 1, above);
  } catch {
    return '[unreadable]';
  }
}

/** An error costs no depth of its own, so that a chain of causes is shown as far as plain data would be. */
function plainError(error: Error, depth: number, above: readonly object[]): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const own = plainMembers(
    Object.keys(error)
      .filter((key) => !['name', 'message', 'stack', 'cause'].includes(key))
      .map((key) => [key, () => (error as unknown as Record<string, unknown>)[key]]),
    depth,
    above,
  );
  return {
    name: plainText(String(name)),
    message: plainText(String(message)),
    ...own,
    ...(typeof stack === 'string' ? { stack: plainText(stack) } : {}),
    ...(cause === undefined ? {} : { cause: plain(cause, depth + 1, above) }),
  };
}
