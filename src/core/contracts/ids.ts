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

/** Ids of the manager's and checker's calls: they start with `_`, which no plan task may. */
export const pseudoTask = {
  plan: '_plan',
  synthesis: '_synthesis',
  verify: '_verify',
  check: (taskId: string): string => `_check-${taskId}`,
} as const;

/** Key of one model call in the journal, independent of any Temporal run. */
export function callKey(call: { goalId: string; taskId: string; revision: number; turn: number }): string {
  return `${call.goalId}/${call.taskId}/${call.revision}/${call.turn}`;
}
