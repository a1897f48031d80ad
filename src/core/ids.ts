/** New ids. Host side (global Web Crypto). */

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A goal id: 9 characters of time (ms, sortable) and 11 random ones, Crockford base 32, lower case. */
export function newGoalId(nowMs: number = Date.now()): string {
  let time = '';
  for (let rest = nowMs, i = 0; i < 9; i++, rest = Math.floor(rest / 32)) time = ALPHABET.charAt(rest % 32) + time;
  const random = crypto.getRandomValues(new Uint8Array(11));
  return time + Array.from(random, (byte) => ALPHABET.charAt(byte % 32)).join('');
}

/** Whether a value has the form of a goal id. */
export function isGoalId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-hjkmnp-tv-z]{20}$/.test(value);
}
