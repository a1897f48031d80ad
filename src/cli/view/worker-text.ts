/** What a worker takes on at once, in words. Pure. */

/** Slots by role and memory ceiling. */
interface WorkerSlots {
  readonly activities: number;
  readonly modelCalls: number;
  readonly toolCalls: number;
  readonly workflowTasks: number;
  readonly cachedWorkflows: number;
  readonly memoryLimitMb: number;
}

/** E.g. `165 calls at once (125 of models, 20 of tools), 40 workflow tasks; 1000 MB, 100 workflows kept`. */
export function workerText(slots: WorkerSlots): string {
  const { activities, modelCalls, toolCalls, workflowTasks, cachedWorkflows, memoryLimitMb } = slots;
  const calls = `${activities} calls at once (${modelCalls} of models, ${toolCalls} of tools)`;
  return `${calls}, ${workflowTasks} workflow tasks; ${memoryLimitMb} MB, ${cachedWorkflows} workflows kept`;
}
