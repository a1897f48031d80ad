/** How long the workflow tasks of a goal took, as the server has them on record. Integration tests only. */
import { eventMs } from '../../../src/testing/history.ts';
import type { System } from './system.ts';

/** A workflow task that was completed. */
export interface WorkflowTask {
  /** From scheduled to completed, ms. */
  readonly tookMs: number;
  /** Of it, from the worker's start on. */
  readonly workedMs: number;
}

/** All completed workflow tasks of the goal's latest run. */
export async function workflowTasksOf(system: System, goalId: string): Promise<WorkflowTask[]> {
  const { events } = await system.temporal.workflow.getHandle(`goal-${goalId}`).fetchHistory();
  const at = new Map((events ?? []).map((event) => [String(event.eventId), eventMs(event)]));
  return (events ?? []).flatMap((event) => {
    const ended = event.workflowTaskCompletedEventAttributes;
    if (!ended) return [];
    const [scheduled, started] = [ended.scheduledEventId, ended.startedEventId].map((id) => at.get(String(id)) ?? 0);
    return [{ tookMs: eventMs(event) - (scheduled ?? 0), workedMs: eventMs(event) - (started ?? 0) }];
  });
}
