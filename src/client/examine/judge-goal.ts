/** Tells from facts whether a goal goes on by itself, and what to do when it does not. Host side, pure. */
import { FAILURES } from '../../core/failures.ts';
import type { OpenGoal } from '../../store/store.ts';
import { headroomOf, scarce } from './headroom.ts';
import type { ActivityFacts, WorkflowFacts } from './workflow-facts.ts';

/** Ways in which a goal can be stuck, or come near to it. */
export type StuckKind =
  /** Its workflow's code fails again and again. */
  | 'workflow-failing'
  /** Nobody asks for its work. */
  | 'no-worker'
  /** An activity is repeated without end. */
  | 'activity-failing'
  /** An activity that should give a sign of life gives none. */
  | 'heartbeat-overdue'
  /** It has waited for a person for long. */
  | 'waits-long'
  /** It waits for somebody's decision, and nothing is there to decide. */
  | 'nobody-asked'
  /** Open in the store; Temporal has no workflow of it. */
  | 'lost'
  /** It has a workflow; the store does not know it, or it has ended there. */
  | 'unknown-workflow'
  /** Near one of Temporal's limits. */
  | 'headroom';

/** A goal that a person should look at. */
export interface GoalFinding {
  readonly goalId: string;
  readonly kind: StuckKind;
  readonly detail: string;
  readonly remedy: string;
}

/** What is judged, and how long things may take. */
export interface GoalFacts {
  readonly workflow: WorkflowFacts;
  /** Absent when the store does not know it as open. */
  readonly stored?: OpenGoal;
  readonly nowMs: number;
  /** Whether somebody polls the queue, asked only when something waits long. */
  readonly polled: boolean;
}

/** Attempts in a row that may fail before somebody is told (guarantee G13 allows 3). */
const MAX_ATTEMPTS = 3;
/** More than a call may fail when it is really sent (`claude.maxFailures`). */
const MAX_SENT_ATTEMPTS = 20;
/** Of a workflow task, whose third attempt comes only after ten seconds. */
const MAX_TASK_ATTEMPTS = 2;
/** Work that waits longer than this with nobody polling has no worker. */
export const WAITS_MS = 20_000;
const BEAT_GRACE_MS = 15_000;
/** A person is reminded of a goal that waits for them after this time. */
const WAITS_LONG_MS = 3_600_000;

/** Whether a worker should have taken something by now: only then is it worth asking who polls. */
export function waitsLong({ task, activities }: WorkflowFacts, nowMs: number): boolean {
  const late = (at: { readonly started: boolean; readonly sinceMs: number }) =>
    !at.started && nowMs - at.sinceMs > WAITS_MS;
  return (task !== undefined && late(task)) || activities.some((each) => each.attempt === 1 && late(each));
}

/** The findings of one goal with a workflow, the gravest first. */
export function judgeGoal(facts: GoalFacts): GoalFinding[] {
  const { workflow, stored, nowMs, polled } = facts;
  const { goalId, task, activities } = workflow;
  const found = (kind: StuckKind, detail: string, remedy: string): GoalFinding => ({ goalId, kind, detail, remedy });
  const failing = activities.find(isFailing);
  const silent = activities.find(({ beatDueMs }) => beatDueMs !== undefined && nowMs - beatDueMs > BEAT_GRACE_MS);
  return [
    ...(task && task.attempt > MAX_TASK_ATTEMPTS
      ? [found('workflow-failing', `its workflow task has failed ${task.attempt - 1} times`, REMEDY.workflow)]
      : []),
    ...(!polled && waitsLong(workflow, nowMs)
      ? [found('no-worker', `no worker asks for work on ${workflow.taskQueue}`, REMEDY.worker)]
      : []),
    ...(failing ? [found('activity-failing', failingText(failing), remedyOf(failing))] : []),
    ...(silent ? [found('heartbeat-overdue', `${silent.name} gives no sign of life`, REMEDY.silent)] : []),
    ...(stored ? waiting(stored, nowMs) : []),
    ...scarce(headroomOf(workflow)).map(({ of, used, limit, share }) =>
      found('headroom', `${used} of ${limit} ${of} (${Math.round(share * 100)} %)`, REMEDY.headroom),
    ),
  ];
}

const REMEDY = {
  workflow:
    'If an update of this program brought it, go back to the version before; else report it. It goes on by itself.',
  worker: 'Start a worker: `orchestrator up`.',
  silent: 'Restart the worker that runs it; the work is repeated.',
  headroom: 'Nothing, when it goes down soon; else report it.',
  activity: 'Read the message; cancel the goal when it cannot be mended.',
} as const;

/**
 * Failures of model calls end by themselves: the journal counts them, and what limits capacity goes by. Only a line to
 * Claude that is away may be so for ever.
 */
function isFailing({ attempt, failure }: ActivityFacts): boolean {
  if (attempt <= MAX_ATTEMPTS || !failure) return false;
  if (failure.type === 'model.connection') return attempt > MAX_SENT_ATTEMPTS;
  return !(failure.type.startsWith('model.') && failure.type in FAILURES);
}

function failingText({ name, attempt, failure }: ActivityFacts): string {
  const type = failure?.type ? `${failure.type}: ` : '';
  return `${name} has failed ${attempt - 1} times; last: ${type}${failure?.message ?? ''}`;
}

function remedyOf({ failure }: ActivityFacts): string {
  const type = failure?.type ?? '';
  return type in FAILURES ? FAILURES[type as keyof typeof FAILURES].remedy : REMEDY.activity;
}

function waiting({ goalId, awaiting, awaitingSince }: OpenGoal, nowMs: number): GoalFinding[] {
  if (awaiting === null || awaitingSince === null) return [];
  const waitedMs = nowMs - Date.parse(awaitingSince);
  if (waitedMs < WAITS_LONG_MS) return [];
  const hours = Math.floor(waitedMs / 3_600_000);
  return [
    {
      goalId,
      kind: 'waits-long',
      detail: `it has waited for ${awaiting} for ${hours} h`,
      remedy: `\`orchestrator goals show ${goalId}\`, then \`orchestrator ${commandFor(awaiting, goalId)}\`, or cancel it.`,
    },
  ];
}

/** The command that answers. */
function commandFor(awaiting: string, goalId: string): string {
  if (isDecision(awaiting)) return `approvals list ${goalId}`;
  return awaiting === 'budget' ? `goals raise-budget ${goalId} <usd>` : `goals resume ${goalId}`;
}

/** Whether what a goal awaits is a decision on a work item. */
export function isDecision(awaiting: string): boolean {
  return awaiting === 'plan' || awaiting === 'tool' || awaiting === 'answer';
}
