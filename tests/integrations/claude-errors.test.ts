import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from '@anthropic-ai/sdk';
import { FAILURES, type FailureType, failure, OrchestratorError } from '../../src/core/failures.ts';
import { classifyClaudeError } from '../../src/integrations/claude/errors.ts';
import { parseRetryAfter } from '../../src/integrations/claude/retry-after.ts';

interface Row {
  readonly status?: number;
  readonly type?: string;
  readonly code?: string;
  readonly headers?: Record<string, string>;
}

function apiError({ status, type, code, headers = {} }: Row): APIError {
  const error = type
    ? { type: 'error', error: { type, message: 'said', ...(code ? { details: { error_code: code } } : {}) } }
    : undefined;
  if (status === undefined) return new APIError(undefined, error, undefined, new Headers(headers));
  return APIError.generate(status, error, undefined, new Headers(headers));
}

const TABLE: readonly (readonly [Row, FailureType])[] = [
  [{ status: 400, type: 'invalid_request_error' }, 'model.bad-request'],
  [{ status: 401, type: 'authentication_error' }, 'model.credentials'],
  [{ status: 402, type: 'billing_error' }, 'model.spend-limit'],
  [{ status: 402, type: 'billing_error', code: 'linked_organization_spend_limit_reached' }, 'model.spend-limit'],
  [{ status: 402, type: 'billing_error', code: 'linked_organization_billing_unavailable' }, 'model.spend-limit'],
  [{ status: 403, type: 'permission_error' }, 'model.credentials'],
  [{ status: 404, type: 'not_found_error' }, 'model.not-found'],
  [{ status: 408, type: 'timeout_error' }, 'model.server-error'],
  [{ status: 409, type: 'conflict_error' }, 'model.server-error'],
  [{ status: 413, type: 'invalid_request_error' }, 'model.too-large'],
  [{ status: 413, type: 'invalid_request_error', code: 'request_body_too_large_after_decoding' }, 'model.too-large'],
  [{ status: 422, type: 'invalid_request_error' }, 'model.bad-request'],
  [{ status: 429, type: 'rate_limit_error' }, 'model.rate-limited'],
  [{ status: 429, type: 'rate_limit_error', code: 'ramp_limit_exceeded' }, 'model.rate-limited'],
  [{ status: 429, type: 'rate_limit_error', code: 'contract_spend_limit_reached' }, 'model.spend-limit'],
  [{ status: 429, type: 'rate_limit_error', code: 'enforced_spend_limit_reached' }, 'model.spend-limit'],
  [{ status: 429, type: 'rate_limit_error', code: 'a_code_of_the_future' }, 'model.rate-limited'],
  [{ status: 400, type: 'invalid_request_error', code: 'organization_on_hold' }, 'model.credentials'],
  [{ status: 400, type: 'invalid_request_error', code: 'cmek_key_disabled' }, 'model.credentials'],
  [{ status: 400, type: 'invalid_request_error', code: 'request_body_timeout' }, 'model.connection'],
  [{ status: 400, type: 'invalid_request_error', code: 'tool_name_conflict' }, 'model.bad-request'],
  [{ status: 500, type: 'api_error' }, 'model.server-error'],
  [{ status: 503, type: 'api_error', code: 'cmek_key_unreachable' }, 'model.server-error'],
  [{ status: 504, type: 'timeout_error' }, 'model.server-error'],
  [{ status: 529, type: 'overloaded_error' }, 'model.overloaded'],
  [{ status: 500, type: 'overloaded_error' }, 'model.overloaded'],
  [{ type: 'overloaded_error' }, 'model.overloaded'],
  [{ type: 'rate_limit_error' }, 'model.rate-limited'],
  [{ type: 'api_error' }, 'model.server-error'],
  [{ type: 'authentication_error' }, 'model.credentials'],
  [{ type: 'error_of_the_future' }, 'model.server-error'],
  [{ status: 400, type: 'constructor', code: 'toString' }, 'model.bad-request'],
  // Bodies that are not the API's: proxies and gateways.
  [{ status: 300 }, 'model.bad-response'],
  [{ status: 401 }, 'model.credentials'],
  [{ status: 403 }, 'model.credentials'],
  [{ status: 404 }, 'model.not-found'],
  [{ status: 407 }, 'model.credentials'],
  [{ status: 413 }, 'model.too-large'],
  [{ status: 418 }, 'model.bad-request'],
  [{ status: 429 }, 'model.rate-limited'],
  [{ status: 499 }, 'model.connection'],
  [{ status: 502 }, 'model.server-error'],
  [{ status: 503 }, 'model.server-error'],
  [{ status: 529 }, 'model.overloaded'],
  [{ status: 500, type: 'api_error', headers: { 'x-should-retry': 'false' } }, 'model.attempts-exhausted'],
  [{ status: 529, type: 'overloaded_error', headers: { 'x-should-retry': 'false' } }, 'model.overloaded'],
  [{ status: 401, type: 'authentication_error', headers: { 'x-should-retry': 'true' } }, 'model.credentials'],
];

const COUNTED: readonly FailureType[] = ['model.server-error', 'model.connection', 'model.bad-response'];
const OVERLOAD: readonly FailureType[] = ['model.rate-limited', 'model.overloaded'];

describe('classifyClaudeError: the table', () => {
  it.each(TABLE)('%j → %s', (row, type) => {
    const found = classifyClaudeError(apiError(row));
    expect(found).toMatchObject({
      type,
      retryable: FAILURES[type].retryable,
      counts: COUNTED.includes(type),
      overload: OVERLOAD.includes(type),
    });
    expect(found).not.toHaveProperty('delayMs');
  });

  it('message → status, type, code, request id and what the API said', () => {
    const error = apiError({
      status: 429,
      type: 'rate_limit_error',
      code: 'ramp_limit_exceeded',
      headers: { 'request-id': 'req_7' },
    });
    expect(classifyClaudeError(error).message).toBe(
      'status 429, rate_limit_error ramp_limit_exceeded (request req_7): said',
    );
  });

  it('message → no body of a proxy, no secret, at most 500 characters', () => {
    const page = APIError.generate(502, undefined, '<html>page</html>', new Headers());
    expect(classifyClaudeError(page).message).toBe('status 502, no API error body');
    const body = { error: { type: 'api_error', message: `key sk-ant-api03-SECRETSECRET ${'x'.repeat(5_000)}` } };
    const { message } = classifyClaudeError(APIError.generate(500, body, undefined, new Headers()));
    expect(message).not.toContain('SECRETSECRET');
    expect(message.length).toBeLessThanOrEqual(500);
  });

  it.each([
    [{ status: 429, type: 'rate_limit_error', headers: { 'retry-after': '7' } }, 7_000],
    [{ status: 529, type: 'overloaded_error', headers: { 'retry-after-ms': '2500' } }, 2_500],
    [{ status: 503, headers: { 'retry-after': '86400' } }, 300_000],
    [{ status: 401, type: 'authentication_error', headers: { 'retry-after': '7' } }, undefined],
    [
      { status: 429, type: 'rate_limit_error', code: 'enforced_spend_limit_reached', headers: { 'retry-after': '7' } },
      undefined,
    ],
  ])('delay: %j → %p ms, of retryable failures only', (row, delayMs) => {
    expect(classifyClaudeError(apiError(row)).delayMs).toBe(delayMs);
  });

  it.each([
    [
      'a connection error with a system code',
      new APIConnectionError({
        cause: Object.assign(new TypeError('fetch failed'), {
          cause: Object.assign(new Error(), { code: 'CERT_HAS_EXPIRED' }),
        }),
      }),
      'model.connection',
    ],
    ['a connection error without one', new APIConnectionError({ message: 'x' }), 'model.connection'],
    ['a connect timeout', new APIConnectionTimeoutError(), 'model.connection'],
    [
      'undici’s terminated',
      Object.assign(new TypeError('terminated'), {
        cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }),
      }),
      'model.connection',
    ],
    ['our own error', new OrchestratorError('model.bad-response', 'm', { remedy: 'r' }), 'model.bad-response'],
    [
      'our own error as a cause',
      new Error('wrapped', { cause: new OrchestratorError('model.refused', 'm', { remedy: 'r' }) }),
      'model.refused',
    ],
    ['a failure of an activity', failure('model.not-found', 'm'), 'model.not-found'],
    ['a host error of another kind', new OrchestratorError('config.invalid', 'm', { remedy: 'r' }), 'internal.bug'],
    ['a bug', new TypeError('x is not a function'), 'internal.bug'],
    ['misuse of the platform', Object.assign(new TypeError('x'), { code: 'ERR_INVALID_ARG_TYPE' }), 'internal.bug'],
    ['no error at all', 'text', 'internal.bug'],
    ['undefined', undefined, 'internal.bug'],
  ] as [string, unknown, FailureType][])('%s → its failure type', (...row) => {
    const [, error, type] = row;
    expect(classifyClaudeError(error)).toMatchObject({ type, retryable: FAILURES[type].retryable });
  });

  it.each([new APIUserAbortError(), new DOMException('This operation was aborted', 'AbortError')])(
    'abort %# → retryable, does not count',
    (error) => {
      expect(classifyClaudeError(error)).toMatchObject({ type: 'model.connection', counts: false, retryable: true });
    },
  );

  it('causes in a circle → ends', () => {
    const error = new Error('a');
    error.cause = error;
    expect(classifyClaudeError(error).type).toBe('internal.bug');
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');

  it.each([
    ['3', 3_000],
    ['3.5', 3_500],
    [' 3 ', 3_000],
    ['0', 1_000],
    ['-5', 1_000],
    ['86400', 300_000],
    ['9'.repeat(300), 300_000],
    ['Sun, 22 Nov 2026 12:00:10 GMT', 10_000],
    ['Sunday, 22-Nov-26 12:00:10 GMT', 10_000],
    ['Sun, 22 Nov 2026 13:00:00 GMT', 300_000],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 1_000],
    ['soon', undefined],
    ['', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['1e9', undefined],
    ['0x10', undefined],
    ['2026', 300_000],
    ['Sun, 99 Foo 2026 99:99:99 GMT', undefined],
  ])('%j → %p ms', (value, delay) => {
    expect(parseRetryAfter(new Headers({ 'retry-after': value }), now)).toBe(delay);
  });

  it('retry-after-ms → before retry-after, clamped as well; unreadable → the other; no headers → nothing', () => {
    expect(parseRetryAfter(new Headers({ 'retry-after-ms': '1500', 'retry-after': '9' }), now)).toBe(1_500);
    expect(parseRetryAfter(new Headers({ 'retry-after-ms': '1' }), now)).toBe(1_000);
    expect(parseRetryAfter(new Headers({ 'retry-after-ms': 'x', 'retry-after': '9' }), now)).toBe(9_000);
    expect(parseRetryAfter(undefined, now)).toBeUndefined();
  });
});
