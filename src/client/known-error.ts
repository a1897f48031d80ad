/** Failures of the store and of Temporal as the one error that callers get. Host side. */
import { FAILURES, failureType, OrchestratorError } from '../core/failures.ts';
import { sqlState } from '../store/unavailable.ts';

/** SQLSTATE of a schema, table or column that is not there. */
const OTHER_TABLES: ReadonlySet<string> = new Set(['3F000', '42P01', '42703']);

function otherTables(cause: unknown): OrchestratorError {
  return new OrchestratorError('store.older', 'The database does not have the tables of this version.', {
    remedy: '`orchestrator up` of this version makes them, or brings them up to date.',
    cause,
  });
}

/** The error as an OrchestratorError when it is one of ours in another form; others as they are. */
export function asKnownError(error: unknown): unknown {
  if (error instanceof OrchestratorError) return error;
  if (OTHER_TABLES.has(sqlState(error) ?? '')) return otherTables(error);
  const type = failureType(error);
  if (type === undefined) return error;
  const message = error instanceof Error ? error.message : FAILURES[type].meaning;
  return new OrchestratorError(type, message, { remedy: FAILURES[type].remedy, cause: error });
}

/** Runs `work`; its failures come out as OrchestratorError. */
export async function withKnownErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asKnownError(error);
  }
}

/** The same for a stream. */
export async function* withKnownErrorsIn<T>(stream: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* stream;
  } catch (error) {
    throw asKnownError(error);
  }
}
