/** The plain SHA-256 gives what Node's gives. */
import { createHash } from 'node:crypto';
import { sha256Of } from '../../src/core/sha256.ts';

describe('sha256Of', () => {
  it.each(['', 'abc', 'ä€😀\u0000', ...[54, 55, 56, 63, 64, 65, 119, 120, 1_000].map((length) => 'x'.repeat(length))])(
    'as Node’s: %#',
    (text) => {
      expect(sha256Of(text)).toBe(createHash('sha256').update(text).digest('hex'));
    },
  );
});
