/** Which errors of the database pass by themselves. */
import { failure } from '../../src/core/failures.ts';
import { openStore } from '../../src/store/open-store.ts';
import { isUnavailable, sqlState, storeError } from '../../src/store/unavailable.ts';

const withCode = (code: string) => new Error('query failed', { cause: Object.assign(new Error('why'), { code }) });

describe('store errors', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', '57P01', '57P03', '53100', '53300', '08006', '40P01', '58030'])(
    'storeError: %s → store.unavailable, retryable',
    (code) => {
      expect(storeError(withCode(code))).toMatchObject({ type: 'store.unavailable', nonRetryable: false });
    },
  );

  it.each(['23505', '42P01', '22P02', 'XX000'])('storeError: %s → stays a bug', (code) => {
    const error = withCode(code);
    expect(storeError(error)).toBe(error);
    expect(sqlState(error)).toBe(code);
  });

  it('storeError: a broken connection without a code, or a full pool → store.unavailable; our failures stay', () => {
    for (const message of ['Connection terminated unexpectedly', 'timeout exceeded when trying to connect']) {
      expect(storeError(new Error(message))).toMatchObject({ type: 'store.unavailable' });
    }
    const ours = failure('store.not-found', 'gone', { cause: withCode('ECONNRESET') });
    expect(storeError(ours)).toBe(ours);
    expect(storeError('text')).toBe('text');
  });

  it('storeError: the statement with its values → is not carried along, as it holds texts', () => {
    const cause = Object.assign(new Error('no space left'), { code: '53100' });
    const failed = storeError(new Error('Failed query: insert … params: a secret text', { cause }));
    expect(failed).toMatchObject({ message: expect.stringContaining('its disk is full'), cause });
    expect(isUnavailable(failed)).toBe(true);
  });

  it('openStore: nobody listens → store.unavailable', async () => {
    const connection = { socketDir: '/nonexistent', port: 1, user: 'u', database: 'd' };
    await expect(openStore({ connection })).rejects.toMatchObject({ type: 'store.unavailable' });
  });
});
