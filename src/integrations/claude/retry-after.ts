/** The delay that a response asks for, made safe. Host side, pure. */

const MIN_DELAY_MS = 1_000;
const MAX_DELAY_MS = 300_000;

/**
 * The delay in ms of `retry-after-ms` or `retry-after` (seconds or an HTTP date), clamped to 1 s to 5 min; a delay that
 * is over or negative gives 1 s. Undefined when there is no such header or it cannot be read ("soon"): back off instead.
 */
export function parseRetryAfter(headers: Headers | undefined, nowMs: number): number | undefined {
  const ms = readNumber(headers?.get('retry-after-ms'));
  if (ms !== undefined) return clamp(ms);
  const text = headers?.get('retry-after');
  const seconds = readNumber(text);
  if (seconds !== undefined) return clamp(seconds * 1_000);
  // Only what looks like an HTTP date: Date.parse takes much else.
  const dateMs = text && /^[A-Za-z]{3,9},? .*\d{2}:\d{2}:\d{2}/.test(text.trim()) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : clamp(dateMs - nowMs);
}

function readNumber(text: string | null | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  return /^[+-]?\d{1,300}(\.\d*)?$/.test(trimmed) ? Number(trimmed) : undefined;
}

function clamp(ms: number): number {
  return Math.round(Math.min(MAX_DELAY_MS, Math.max(MIN_DELAY_MS, ms)));
}
