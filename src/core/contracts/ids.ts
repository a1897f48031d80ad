/** Builders of every id and task queue name; sandbox-safe pure functions. */

/** Worker roles; each is served by one task queue, and several roles may share one. */
export type WorkerRole = 'workflow' | 'model' | 'tools';

/** Task queue per role. */
export type TaskQueues = Readonly<Record<WorkerRole, string>>;

/** Queues of an embedded instance: one for all roles, so that activities start eagerly. */
export function embeddedQueues(prefix: string): TaskQueues {
  return { workflow: prefix, model: prefix, tools: prefix };
}

/** Workflow id of a goal. */
export function goalWorkflowId(goalId: string): string {
  return `goal-${goalId}`;
}

/** The goal whose workflow has this id; undefined for workflows of other kinds. */
export function goalOfWorkflow(workflowId: string): string | undefined {
  const prefix = goalWorkflowId('');
  return workflowId.startsWith(prefix) ? workflowId.slice(prefix.length) : undefined;
}

const CONVERSATION = 'conversation-';

/** Key of a conversation: its workflow id, and where goals have their id in the store (journal, budget, events). */
export function conversationKey(conversationId: string): string {
  return `${CONVERSATION}${conversationId}`;
}

/** The id of the conversation that has this key; undefined for a goal's id. */
export function conversationOf(key: string): string | undefined {
  return key.startsWith(CONVERSATION) ? key.slice(CONVERSATION.length) : undefined;
}

/** Workflow id of a goal, or of a conversation by its key. */
export function workflowIdOf(goalId: string): string {
  return conversationOf(goalId) === undefined ? goalWorkflowId(goalId) : goalId;
}

/** Id of a schedule at the Temporal server, and the beginning of the ids of the workflows it starts. */
export function temporalScheduleId(tenant: string, scheduleId: string): string {
  return `schedule-${tenant}.${scheduleId}`;
}

/** Ids of the manager's and checker's calls: they start with `_`, which no plan task may. */
export const pseudoTask = {
  plan: '_plan',
  synthesis: '_synthesis',
  verify: '_verify',
  chat: '_chat',
  check: (taskId: string): string => `_check-${taskId}`,
} as const;

/** Key of one model call in the journal, independent of any Temporal run. */
export function callKey(call: { goalId: string; taskId: string; revision: number; turn: number }): string {
  return `${call.goalId}/${call.taskId}/${call.revision}/${call.turn}`;
}
