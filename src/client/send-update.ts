/** Sends an update to a workflow so that it arrives once, also when the server could not deliver it at first. Host side. */
import { randomUUID } from 'node:crypto';
import {
  type WorkflowHandle,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common';
import { FAILURES, OrchestratorError } from '../core/failures.ts';
import { grpcCode, RESOURCE_EXHAUSTED } from './grpc-code.ts';
import { repeated } from './repeated.ts';

/** gRPC codes of an update that did not reach the workflow: ten are in flight, as many as Temporal takes; the task that carried it failed. */
const UNDELIVERED: ReadonlySet<number> = new Set([RESOURCE_EXHAUSTED, 9, 10]);
const PATIENCE = { maxTries: 8, firstDelayMs: 50 };
/** The server's failure of an update that a worker was given and did not look at: the workflow knows nothing of it. */
const NOT_LOOKED_AT = 'UnprocessedUpdate';
/** The server's failure of an update that the workflow took and did not answer before it ended. */
const ENDED_FIRST = 'AcceptedUpdateCompletedWorkflow';

/** The workflow's answer, or its refusal thrown; `gone` when it has ended or is not there. */
export async function sendUpdate<Result, Args extends [unknown, ...unknown[]]>(
  handle: WorkflowHandle,
  definition: UpdateDefinition<Result, Args>,
  args: Args,
): Promise<Result | 'gone'> {
  const updateId = randomUUID();
  try {
    return await untilDelivered(() => handle.executeUpdate(definition, { args, updateId }));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'gone';
    if (error instanceof ApplicationFailure && error.type === ENDED_FIRST) return 'gone';
    throw error;
  }
}

/**
 * Sends an update, always under the same id, until it has arrived; a refusal is thrown as the failure it is. Errors:
 * `control.crowded`, `temporal.unavailable` (it may still be taken).
 */
export async function untilDelivered<Result>(send: () => Promise<Result>): Promise<Result> {
  try {
    return await repeated(send, PATIENCE, (error) => UNDELIVERED.has(grpcCode(error) ?? -1) || wasNotLookedAt(error));
  } catch (error) {
    if (wasNotLookedAt(error)) throw notTaken(error);
    if (error instanceof WorkflowUpdateFailedError) throw error.cause;
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) throw unanswered(error);
    throw grpcCode(error) === RESOURCE_EXHAUSTED ? crowded(error) : error;
  }
}

function wasNotLookedAt(error: unknown): error is WorkflowUpdateFailedError {
  if (!(error instanceof WorkflowUpdateFailedError)) return false;
  return error.cause instanceof ApplicationFailure && error.cause.type === NOT_LOOKED_AT;
}

function notTaken(cause: Error): OrchestratorError {
  return new OrchestratorError('temporal.unavailable', 'The workers did not take the request; nothing was done.', {
    remedy: 'Send it again. If it is not taken then either, `orchestrator doctor` says what the workers lack.',
    cause,
  });
}

function crowded(cause: unknown): OrchestratorError {
  const { meaning, remedy } = FAILURES['control.crowded'];
  return new OrchestratorError('control.crowded', meaning, { remedy, cause });
}

function unanswered(cause: Error): OrchestratorError {
  return new OrchestratorError('temporal.unavailable', 'No worker has answered in time, or Temporal is out of reach.', {
    remedy: '`orchestrator doctor` says which. The request may still be taken: look before you send it again.',
    cause,
  });
}
