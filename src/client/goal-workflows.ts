/** What the client asks of Temporal: to start a goal's workflow, to cancel it, and to give it signals and updates. Host side. */
import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { type SignalDefinition, TypedSearchAttributes, type UpdateDefinition } from '@temporalio/common';
import type { ConversationInput, SendMessageInput, SendMessageResult } from '../core/contracts/conversation.ts';
import type { GoalWorkflowInput } from '../core/contracts/goal-input.ts';
import { goalWorkflowId, workflowIdOf } from '../core/contracts/ids.ts';
import { DEFAULT_PRIORITY, priorityKey } from '../core/contracts/limits.ts';
import { searchAttributes, sendMessageUpdate } from '../core/contracts/messages.ts';
import { OrchestratorError } from '../core/failures.ts';
import { grpcCode } from './grpc-code.ts';
import { sendUpdate, untilDelivered } from './send-update.ts';

/** Wire names of the workflows; never changed once released. */
const GOAL_WORKFLOW = 'goalWorkflow';
const CONVERSATION_WORKFLOW = 'conversationWorkflow';
/** A request to Temporal that takes longer has failed for the caller. */
const DEADLINE_MS = 15_000;
/** What a worker is to answer: one that died in the middle is found out after ten seconds, and another one then begins anew. */
const ANSWER_MS = 25_000;

/** A goal as Temporal is told about it: no user text but `label` (bounded). */
export interface GoalToStart {
  readonly goalId: string;
  readonly tenant: string;
  readonly tags: readonly string[];
  /** At most MAX_LABEL_BYTES; shown in the Temporal Web UI. */
  readonly label: string;
  /** 1 (last) to 5 (first). */
  readonly priority: number;
}

/** The port to Temporal. `gone`: Temporal knows no open workflow of this goal. Errors: `temporal.unavailable`. */
export interface GoalWorkflows {
  /** Starts the workflow; `known` when it was started before, running or not. */
  start(goal: GoalToStart): Promise<'started' | 'known'>;
  cancel(goalId: string): Promise<'sent' | 'gone'>;
  signal<Args extends unknown[]>(
    goalId: string,
    definition: SignalDefinition<Args>,
    ...args: Args
  ): Promise<'sent' | 'gone'>;
  /** Returns the workflow's answer, or throws the failure with which it refused. */
  update<Result, Args extends [unknown, ...unknown[]]>(
    goalId: string,
    definition: UpdateDefinition<Result, Args>,
    ...args: Args
  ): Promise<Result | 'gone'>;
  /** Says something in a conversation, whose workflow is started when none runs. */
  say(conversation: ConversationInput, message: SendMessageInput): Promise<SendMessageResult>;
  close(): Promise<void>;
}

/** The port over a real Temporal client. `taskQueue` is the queue of the workflow role. */
export function temporalGoalWorkflows(options: {
  client: Client;
  taskQueue: string;
  /** A tenant's share of the workers against other tenants'. */
  weightOf: (tenant: string) => number;
  close: () => Promise<void>;
}): GoalWorkflows {
  const { client, taskQueue, weightOf } = options;
  const handle = (goalId: string) => client.workflow.getHandle(workflowIdOf(goalId));
  return {
    start: (goal) =>
      askTemporal(client, () => startGoalWorkflow(client, { taskQueue, weight: weightOf(goal.tenant) }, goal)),
    cancel: (goalId) => askTemporal(client, () => cancelOpen(handle(goalId))),
    signal: (goalId, definition, ...args) =>
      askTemporal(client, () => reach(() => handle(goalId).signal(definition, ...args))),
    update: (goalId, definition, ...args) =>
      askTemporal(client, () => sendUpdate(handle(goalId), definition, args), ANSWER_MS),
    say: (conversation, message) =>
      askTemporal(
        client,
        () => say(client, { taskQueue, weight: weightOf(conversation.tenant) }, { conversation, message }),
        ANSWER_MS,
      ),
    close: options.close,
  };
}

async function startGoalWorkflow(
  client: Client,
  { taskQueue, weight }: { taskQueue: string; weight: number },
  goal: GoalToStart,
): Promise<'started' | 'known'> {
  const input: GoalWorkflowInput = { goalId: goal.goalId, tenant: goal.tenant };
  try {
    await client.workflow.start(GOAL_WORKFLOW, {
      workflowId: goalWorkflowId(goal.goalId),
      taskQueue,
      args: [input],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      workflowTaskTimeout: '10 seconds',
      priority: {
        // What a goal has its activities inherit; among equals tenants take turns.
        priorityKey: priorityKey(goal.priority),
        fairnessKey: goal.tenant,
        fairnessWeight: weight,
      },
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

/** Temporal's own id of the update is the message's, so that a request that is repeated is one message. */
function say(
  client: Client,
  { taskQueue, weight }: { taskQueue: string; weight: number },
  { conversation, message }: { conversation: ConversationInput; message: SendMessageInput },
): Promise<SendMessageResult> {
  const start = {
    workflowId: workflowIdOf(conversation.goalId),
    taskQueue,
    args: [conversation],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowTaskTimeout: '10 seconds',
    priority: {
      priorityKey: priorityKey(DEFAULT_PRIORITY),
      fairnessKey: conversation.tenant,
      fairnessWeight: weight,
    },
    staticSummary: 'conversation with the manager',
    typedSearchAttributes: new TypedSearchAttributes([{ key: searchAttributes.tenant, value: conversation.tenant }]),
  } as const;
  return untilDelivered(() =>
    client.workflow.executeUpdateWithStart(sendMessageUpdate, {
      args: [message],
      updateId: message.messageId,
      // Each can be used once.
      startWorkflowOperation: new WithStartWorkflowOperation(CONVERSATION_WORKFLOW, start),
    }),
  );
}

/** Ends that the workflow could not write down. */
const LOST: ReadonlySet<string> = new Set(['TERMINATED', 'TIMED_OUT']);

/** Temporal takes the cancel of a workflow that has ended for a success. */
async function cancelOpen(handle: WorkflowHandle): Promise<'sent' | 'gone'> {
  if ((await reach(() => handle.cancel())) === 'gone') return 'gone';
  return LOST.has((await handle.describe()).status.name) ? 'gone' : 'sent';
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

/** Makes a request within the time. Errors: `temporal.unavailable`. */
export async function askTemporal<T>(client: Client, request: () => Promise<T>, withinMs = DEADLINE_MS): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + withinMs, request);
  } catch (error) {
    if (error instanceof OrchestratorError) throw error;
    if (grpcCode(error) === undefined) throw error;
    throw new OrchestratorError('temporal.unavailable', 'The Temporal server does not answer.', {
      remedy: 'Check it with `orchestrator doctor`; start it with `orchestrator up`.',
      cause: error,
    });
  }
}
