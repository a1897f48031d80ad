/** Text files and values at the configuration's door: size, encoding, kind of file. Host side. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Whether a text passes JSON, PostgreSQL and Temporal unchanged: no NUL, no lone surrogate. */
export function wellFormedText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}

export type TextFile =
  | { readonly kind: 'text'; readonly text: string; readonly mode: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Reads a regular UTF-8 file of at most `maxBytes`; never throws and never reads more than that. */
export function readTextFile(path: string, maxBytes: number): TextFile {
  let file: number | undefined;
  try {
    // Without blocking: a pipe nobody writes to would hold the process.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(file);
    if (!stat.isFile()) return { kind: 'unreadable', reason: 'it is not a regular file' };
    const bytes = readUpTo(file, maxBytes + 1);
    if (bytes.length > maxBytes) return { kind: 'unreadable', reason: `it is over ${maxBytes} bytes` };
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), mode: stat.mode };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    return { kind: 'unreadable', reason: code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8' : `${code}` };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readUpTo(file: number, limit: number): Buffer {
  const buffer = Buffer.alloc(limit);
  let length = 0;
  for (let read = -1; read !== 0 && length < limit; length += read)
    read = readSync(file, buffer, length, limit - length, null);
  return buffer.subarray(0, length);
}
