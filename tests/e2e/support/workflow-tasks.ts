/** How long the workflow tasks of a goal took, as the server has them on record. Integration tests only. */
import type { WorkflowHandle } from '@temporalio/client';
import type { System } from './system.ts';

type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

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
  const at = new Map((events ?? []).map((event) => [String(event.eventId), msOf(event)]));
  return (events ?? []).flatMap((event) => {
    const ended = event.workflowTaskCompletedEventAttributes;
    if (!ended) return [];
    const [scheduled, started] = [ended.scheduledEventId, ended.startedEventId].map((id) => at.get(String(id)) ?? 0);
    return [{ tookMs: msOf(event) - (scheduled ?? 0), workedMs: msOf(event) - (started ?? 0) }];
  });
}

const msOf = ({ eventTime }: HistoryEvent): number =>
  Number(eventTime?.seconds ?? 0) * 1_000 + Number(eventTime?.nanos ?? 0) / 1e6;
