/** Errors this client raises itself, with the failure type as their code. Host side. */
import { FAILURES, type FailureType, OrchestratorError } from '../../core/failures.ts';

/** An error that `classifyClaudeError` understands by its code. */
export function modelError(type: FailureType, message: string): OrchestratorError {
  return new OrchestratorError(type, message, { remedy: FAILURES[type].remedy });
}
