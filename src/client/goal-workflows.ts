/** What the client asks of Temporal: start, cancel, resume and raise the budget of a goal's workflow. Host side. */
import {
  type Client,
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { RaiseBudgetInput, RaiseBudgetResult } from '../core/contracts/budget.ts';
import type { GoalWorkflowInput } from '../core/contracts/goal-input.ts';
import { goalWorkflowId } from '../core/contracts/ids.ts';
import { raiseBudgetUpdate, resumeSignal, searchAttributes } from '../core/contracts/messages.ts';
import { OrchestratorError } from '../core/failures.ts';

/** Wire name of the goal workflow; never changed once released. */
const GOAL_WORKFLOW = 'goalWorkflow';
/** A request to Temporal that takes longer has failed for the caller. */
const DEADLINE_MS = 15_000;

/** A goal as Temporal is told about it: no user text but `label` (bounded). */
export interface GoalToStart {
  readonly goalId: string;
  readonly tenant: string;
  readonly tags: readonly string[];
  /** At most MAX_LABEL_BYTES; shown in the Temporal Web UI. */
  readonly label: string;
}

/** The port to Temporal. `gone`: Temporal knows no open workflow of this goal. Errors: `temporal.unavailable`. */
export interface GoalWorkflows {
  /** Starts the workflow; `known` when it was started before, running or not. */
  start(goal: GoalToStart): Promise<'started' | 'known'>;
  cancel(goalId: string): Promise<'sent' | 'gone'>;
  resume(goalId: string): Promise<'sent' | 'gone'>;
  /** Returns when the workflow has stored it. Refused: `budget.invalid`. */
  raiseBudget(goalId: string, raise: RaiseBudgetInput): Promise<RaiseBudgetResult | 'gone'>;
  close(): Promise<void>;
}

/** The port over a real Temporal client. `taskQueue` is the queue of the workflow role. */
export function temporalGoalWorkflows(options: {
  client: Client;
  taskQueue: string;
  close: () => Promise<void>;
}): GoalWorkflows {
  const { client, taskQueue } = options;
  const handle = (goalId: string) => client.workflow.getHandle(goalWorkflowId(goalId));
  return {
    start: (goal) => ask(client, () => startGoalWorkflow(client, taskQueue, goal)),
    cancel: (goalId) => ask(client, () => reach(() => handle(goalId).cancel())),
    resume: (goalId) => ask(client, () => reach(() => handle(goalId).signal(resumeSignal))),
    raiseBudget: (goalId, raise) =>
      ask(client, () => updated(() => handle(goalId).executeUpdate(raiseBudgetUpdate, { args: [raise] }))),
    close: options.close,
  };
}

async function startGoalWorkflow(client: Client, taskQueue: string, goal: GoalToStart): Promise<'started' | 'known'> {
  const input: GoalWorkflowInput = { goalId: goal.goalId, tenant: goal.tenant };
  try {
    await client.workflow.start(GOAL_WORKFLOW, {
      workflowId: goalWorkflowId(goal.goalId),
      taskQueue,
      args: [input],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      workflowTaskTimeout: '10 seconds',
      staticSummary: goal.label,
      typedSearchAttributes: new TypedSearchAttributes([
        { key: searchAttributes.status, value: 'queued' },
        { key: searchAttributes.tenant, value: goal.tenant },
        { key: searchAttributes.tags, value: [...goal.tags] },
      ]),
    });
    return 'started';
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'known';
    throw error;
  }
}

async function reach(send: () => Promise<unknown>): Promise<'sent' | 'gone'> {
  try {
    await send();
    return 'sent';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'gone';
    throw error;
  }
}

async function updated<T>(send: () => Promise<T>): Promise<T | 'gone'> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'gone';
    throw error instanceof WorkflowUpdateFailedError ? error.cause : error;
  }
}

async function ask<T>(client: Client, request: () => Promise<T>): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + DEADLINE_MS, request);
  } catch (error) {
    if (!isGrpcServiceError(error) && !(error instanceof Error && isGrpcServiceError(error.cause))) throw error;
    throw new OrchestratorError('temporal.unavailable', 'The Temporal server does not answer.', {
      remedy: 'Check it with `orchestrator doctor`; start it with `orchestrator up`.',
      cause: error,
    });
  }
}
