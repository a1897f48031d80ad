/** The one table from what a Claude call can throw to our failure types. Host side; never looks at a vendor's message text. */
import { AnthropicError, APIConnectionError, APIError, APIUserAbortError } from '@anthropic-ai/sdk';
import { FAILURES, type FailureType, failureType, OrchestratorError } from '../../core/failures.ts';
import { redactText } from '../../monitoring/redact.ts';
import { parseRetryAfter } from './retry-after.ts';

/** What a failed call means. */
export interface ClaudeFailure {
  readonly type: FailureType;
  /** For people: at most 500 characters, without secrets and without response bodies that are not the API's. */
  readonly message: string;
  /** Whether it counts against the failures a call may have: not when nothing was sent as the line is away. */
  readonly counts: boolean;
  /** The same as the failure type's own `retryable`. */
  readonly retryable: boolean;
  /** Delay the API asked for, 1 s to 5 min; only of retryable ones. */
  readonly delayMs?: number;
  /** The model as such is overloaded or limited, so other calls to it should wait as well. */
  readonly overload: boolean;
  /** Whether it may be billed all the same: it reached the API, which did not refuse it by a status. */
  readonly billed: boolean;
}

/** `error.details.error_code`: names the cause, so it goes before everything else. */
const BY_CODE: Readonly<Record<string, FailureType>> = {
  contract_spend_limit_reached: 'model.spend-limit',
  enforced_spend_limit_reached: 'model.spend-limit',
  linked_organization_spend_limit_reached: 'model.spend-limit',
  linked_organization_billing_unavailable: 'model.spend-limit',
  ramp_limit_exceeded: 'model.rate-limited',
  organization_on_hold: 'model.credentials',
  organization_type_not_supported: 'model.credentials',
  claude_code_key_creator_not_member: 'model.credentials',
  cmek_key_disabled: 'model.credentials',
  cmek_key_network_blocked: 'model.credentials',
  request_body_too_large_after_decoding: 'model.too-large',
  request_body_timeout: 'model.connection',
};

/** `error.type`, also of an error inside a stream, which has no status. */
const BY_TYPE: Readonly<Record<NonNullable<APIError['type']>, FailureType>> = {
  invalid_request_error: 'model.bad-request',
  authentication_error: 'model.credentials',
  billing_error: 'model.spend-limit',
  permission_error: 'model.credentials',
  not_found_error: 'model.not-found',
  rate_limit_error: 'model.rate-limited',
  timeout_error: 'model.server-error',
  api_error: 'model.server-error',
  overloaded_error: 'model.overloaded',
  conflict_error: 'model.server-error',
  memory_precondition_failed_error: 'model.bad-request',
  memory_path_conflict_error: 'model.bad-request',
};

/** Status, for bodies without a type: proxies and gateways. Other 4xx are bad requests, other 5xx server errors. */
const BY_STATUS: Readonly<Record<number, FailureType>> = {
  401: 'model.credentials',
  402: 'model.spend-limit',
  403: 'model.credentials',
  404: 'model.not-found',
  407: 'model.credentials',
  408: 'model.server-error',
  409: 'model.server-error',
  413: 'model.too-large',
  425: 'model.server-error',
  429: 'model.rate-limited',
  499: 'model.connection',
  529: 'model.overloaded',
};

const COUNTED: ReadonlySet<FailureType> = new Set(['model.server-error', 'model.connection', 'model.bad-response']);
/** Codes of a line that is away: nobody listens, no name, no route. Nothing was sent, and it passes by itself. */
const UNREACHED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;
/** Codes of a line that is not trusted: nothing was sent either, but it does not pass by itself. */
const UNTRUSTED = /^(CERT_|ERR_TLS_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/;
const OVERLOAD: ReadonlySet<FailureType> = new Set(['model.rate-limited', 'model.overloaded']);

/** What a thrown value means. An abort by the caller is a connection failure that does not count. */
export function classifyClaudeError(error: unknown, nowMs: number = Date.now()): ClaudeFailure {
  if (isAbort(error)) return entry('model.connection', 'the call was aborted', { counts: false });
  if (error instanceof APIError && !(error instanceof APIConnectionError)) return ofResponse(error, nowMs);
  const chain = causes(error);
  const ours = chain.find((cause) => cause instanceof OrchestratorError && cause.code in FAILURES);
  if (ours instanceof OrchestratorError) {
    // Without a key nothing is sent.
    return entry(ours.code as FailureType, ours.message, { billed: ours.code !== 'model.credentials' });
  }
  const type = failureType(error);
  if (type) return entry(type, textOf(error));
  const code = chain.map(codeOf).find((found) => found !== undefined);
  if (code !== undefined) {
    const message = `the connection to Claude failed: ${code}`;
    const unreached = UNREACHED.test(code);
    return entry('model.connection', message, {
      billed: !unreached && !UNTRUSTED.test(code),
      ...(unreached ? { counts: false } : {}),
    });
  }
  if (chain.some((cause) => cause instanceof APIConnectionError)) {
    return entry('model.connection', 'the connection to Claude failed');
  }
  if (chain.some((cause) => cause instanceof AnthropicError)) {
    return entry('model.bad-response', `the answer could not be read: ${textOf(error)}`);
  }
  return entry('internal.bug', textOf(error));
}

function isAbort(error: unknown): boolean {
  return error instanceof APIUserAbortError || (error as { name?: unknown } | undefined)?.name === 'AbortError';
}

function ofResponse(error: APIError, nowMs: number): ClaudeFailure {
  const type = responseType(error);
  const noRetry = COUNTED.has(type) && error.headers?.get('x-should-retry') === 'false';
  const message = responseMessage(error);
  // An error inside the stream comes after a good status: tokens may have been made.
  const billed = error.status === undefined || error.status < 400;
  if (noRetry) return entry('model.attempts-exhausted', `Claude asked not to try again: ${message}`, { billed });
  const delayMs = FAILURES[type].retryable ? parseRetryAfter(error.headers, nowMs) : undefined;
  return entry(type, message, { billed, ...(delayMs === undefined ? {} : { delayMs }) });
}

function responseType({ status, type, errorCode }: APIError): FailureType {
  if (errorCode !== null && Object.hasOwn(BY_CODE, errorCode)) return BY_CODE[errorCode] ?? 'internal.bug';
  if (status === 413) return 'model.too-large';
  if (type !== null && Object.hasOwn(BY_TYPE, type)) return BY_TYPE[type];
  // An error event of a type this version does not know: the call was cut, so it may be tried again.
  if (status === undefined || status >= 500) return (status && BY_STATUS[status]) || 'model.server-error';
  return BY_STATUS[status] ?? (status >= 400 ? 'model.bad-request' : 'model.bad-response');
}

/** Facts of an API error; the body of anything else (an HTML page, say) is left out. */
function responseMessage(error: APIError): string {
  const where = error.status === undefined ? 'an error inside the stream' : `status ${error.status}`;
  const kind = [error.type, error.errorCode].filter((part) => part !== null).join(' ') || 'no API error body';
  const said = typeof error.apiMessage === 'string' ? `: ${error.apiMessage}` : '';
  const id = error.requestID ? ` (request ${error.requestID})` : '';
  return `${where}, ${kind}${id}${said}`;
}

/** What is not as the type says. */
type EntryFacts = Partial<Pick<ClaudeFailure, 'counts' | 'delayMs' | 'billed'>>;

function entry(type: FailureType, message: string, more: EntryFacts = {}): ClaudeFailure {
  const { retryable } = FAILURES[type];
  const text = redactText(message.slice(0, 2_000)).slice(0, 500);
  const [counts, overload] = [COUNTED.has(type), OVERLOAD.has(type)];
  return { type, message: text, counts, retryable, overload, billed: true, ...more };
}

/** The error and what caused it, at most 10. Errors of fetch may be of another realm, so no class is asked for. */
function causes(error: unknown): object[] {
  const chain: object[] = [];
  for (
    let at = error;
    typeof at === 'object' && at !== null && chain.length < 10;
    at = 'cause' in at ? at.cause : null
  ) {
    chain.push(at);
  }
  return chain;
}

/** The system's or undici's code of an error (ECONNRESET, UND_ERR_SOCKET, CERT_HAS_EXPIRED); misuse is not one. */
function codeOf(error: object): string | undefined {
  if (error instanceof OrchestratorError || !('code' in error) || typeof error.code !== 'string') return undefined;
  return error.code.startsWith('ERR_INVALID') || error.code === 'UND_ERR_INVALID_ARG' ? undefined : error.code;
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `a thrown ${typeof error}`;
}
