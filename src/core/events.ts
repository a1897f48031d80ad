/** Events of a goal, as stored and streamed: types and their names. Host side; type-only imports elsewhere. */

/** All event types; `text-delta` is live only and never stored. */
export const EVENT_TYPES = [
  'scheduled',
  'goal-start',
  'plan-ready',
  'plan-rejected',
  'task-reused',
  'task-start',
  'turn-end',
  'tool-end',
  'task-check',
  'task-retry',
  'task-end',
  'replan',
  'plan-edited',
  'task-reopened',
  'synthesis-start',
  'deliverable-ready',
  'verify-end',
  'awaiting',
  'awaiting-end',
  'budget-warning',
  'budget-raised',
  'batch-start',
  'batch-end',
  'batch-fallback',
  'steered',
  'approval-request',
  'approval-reminder',
  'approval-escalated',
  'approval-decided',
  'approval-withdrawn',
  'fallback',
  'cancelling',
  'goal-end',
  'chat-message',
  'chat-reply',
  'chat-failed',
  'chat-goal-started',
  'chat-goal-ended',
  'text-delta',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** One event. `seq` is contiguous per goal from 1 (0 for live-only ones); `at` is ISO 8601 in UTC. */
export interface GoalEvent {
  readonly seq: number;
  readonly goalId: string;
  readonly type: EventType;
  readonly at: string;
  readonly taskId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}
