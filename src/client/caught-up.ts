/** What a workflow refuses because it does not know yet what the store knows is said again. Host side. */
import { failureType, OrchestratorError } from '../core/failures.ts';
import { repeated } from './repeated.ts';

/** A workflow that lost a task at a crash soon has it made anew: six seconds in all. */
const PATIENCE = { maxTries: 7, firstDelayMs: 100 };

/** Whether the store contradicts a refusal: the workflow, which was refused something true, is behind. */
export type IsBehind = (refusal: string) => Promise<boolean>;

/** The answer of `send`; a refusal is thrown unless the workflow `isBehind`, and in the end all the same. */
export function untilCaughtUp<T>(send: () => Promise<T>, isBehind: IsBehind): Promise<T> {
  return repeated(send, PATIENCE, (error) => {
    const refusal = codeOf(error);
    return refusal !== undefined && isBehind(refusal);
  });
}

/** The type of a refusal, in whichever form it comes. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof OrchestratorError ? error.code : failureType(error);
}
