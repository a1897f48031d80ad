/** Error bodies of the Messages API, typed with the SDK's types; pure. */
import type Anthropic from '@anthropic-ai/sdk';
import type { ErrorReply } from './contract.ts';

/** A refusal of the API before any model is asked. */
export interface ApiProblem {
  readonly status: number;
  readonly type: string;
  readonly message: string;
}

/** 400 `invalid_request_error`. */
export const invalid = (message: string): ApiProblem => ({ status: 400, type: 'invalid_request_error', message });

/** 404 `not_found_error`. */
export const notFound = (message: string): ApiProblem => ({ status: 404, type: 'not_found_error', message });

/** The JSON body of an error reply. `code` goes to `error.details.error_code`. */
export function errorBody(error: Pick<ErrorReply, 'type' | 'message' | 'code'>, requestId: string) {
  const details = error.code ? { details: { error_code: error.code, error_visibility: 'user_facing' } } : {};
  return {
    type: 'error',
    // A script may send a type that the SDK does not know; the shape is the SDK's all the same.
    error: { ...details, type: error.type as Anthropic.ErrorResponse['error']['type'], message: error.message },
    request_id: requestId,
  } satisfies Anthropic.ErrorResponse;
}
