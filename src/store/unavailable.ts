/** Tells errors of the connection to the database, which pass, from faults of a statement, which are bugs. Host side. */
import { isNativeError } from 'node:util/types';
import type { ApplicationFailure } from '@temporalio/common';
import { failure, failureType } from '../core/failures.ts';

/** SQLSTATE classes and codes of a server that cannot serve now: connection, login, resources, shutdown, I/O, deadlock, lost prepared statement. */
const PASSING_STATES = /^(08|28|3D000|53|57P|58|57014|40001|40P01|55P03|25P03|26000|42P05)/;
/** Codes of Node's sockets and resolver. */
const SOCKET_CODES = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN ENOENT EACCES EMFILE'.split(
    ' ',
  ),
);
/** What `pg` says without a code when a connection breaks or cannot be had in time. */
const CLIENT_MESSAGES =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|not queryable|cached plan must not change/i;

/** The SQLSTATE of an error or of one of its causes (drizzle wraps them). */
export function sqlState(error: unknown): string | undefined {
  for (let at: unknown = error; isNativeError(at); at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}

/** What a statement is undone with that waited too long for a row, or waited for another one that waited for it. */
const GAVE_WAY = new Set(['55P03', '40P01']);

/** Whether the statement was undone so that others can go on: made again, it may go through. */
export function gaveWay(error: unknown): boolean {
  return GAVE_WAY.has(sqlState(error) ?? '');
}

/** Whether the error comes from the connection or the state of the server, not from the statement. */
export function isUnavailable(error: unknown): boolean {
  for (let at: unknown = error; isNativeError(at); at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && (PASSING_STATES.test(code) || SOCKET_CODES.has(code))) return true;
    // Several addresses were tried.
    const { errors } = at as { errors?: unknown };
    if (Array.isArray(errors) && errors.some(isUnavailable)) return true;
    if (CLIENT_MESSAGES.test(at.message)) return true;
  }
  return false;
}

/** The `store.unavailable` failure (retryable) for a connection error; others as they are. */
export function storeError(error: unknown): unknown {
  if (!isNativeError(error) || failureType(error) !== undefined || !isUnavailable(error)) return error;
  const why = sqlState(error) === '53100' ? 'its disk is full' : rootMessage(error);
  // Not the error itself: the statement with its values, which are texts of goals, would go along into Temporal and logs.
  return unavailable(`The database does not answer: ${why}`, rootOf(error));
}

function unavailable(message: string, cause: Error): ApplicationFailure {
  return failure('store.unavailable', message, { cause });
}

function rootMessage(error: Error): string {
  const root = rootOf(error);
  return root.message || (root as { code?: string }).code || root.name;
}

function rootOf(error: Error): Error {
  let at: Error = error;
  while (isNativeError(at.cause)) at = at.cause;
  return at;
}
