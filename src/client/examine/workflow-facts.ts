/** A goal's workflow as Temporal describes it, as plain facts. Host side, pure. */
import type { Client } from '@temporalio/client';
import { goalOfWorkflow } from '../../core/contracts/ids.ts';

/** What is known of one workflow. Times are epoch milliseconds. */
export interface WorkflowFacts {
  /** The workflow's own id where it is no goal's: of a conversation, of a schedule's tick. */
  readonly goalId: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly taskQueue: string;
  readonly running: boolean;
  readonly events: number;
  readonly bytes: number;
  /** Updates that this run has accepted; read only when there is room for many. */
  readonly updates: number;
  /** The workflow task that waits or runs. */
  readonly task?: { readonly attempt: number; readonly started: boolean; readonly sinceMs: number };
  readonly activities: readonly ActivityFacts[];
}

/** An activity that has not ended. */
export interface ActivityFacts {
  readonly name: string;
  readonly attempt: number;
  readonly started: boolean;
  readonly sinceMs: number;
  /** By then it should have given a sign of life; absent while it waits, or when it need not. */
  readonly beatDueMs?: number;
  /** Its last attempt's failure; the type is a dotted one when it is ours. */
  readonly failure?: { readonly type: string; readonly message: string };
}

type Description = Awaited<ReturnType<Client['workflowService']['describeWorkflowExecution']>>;
type Pending = NonNullable<Description['pendingActivities']>[number];
type Timestamp = { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined;

/** Numbers of the API's enums. */
const RUNNING = 1;
const STARTED = 2;

/** Reads a description. */
export function factsOf(workflowId: string, description: Description): WorkflowFacts {
  const { workflowExecutionInfo: info, pendingWorkflowTask: task, pendingActivities } = description;
  return {
    goalId: goalOfWorkflow(workflowId) ?? workflowId,
    workflowId,
    runId: info?.execution?.runId ?? '',
    taskQueue: info?.taskQueue ?? '',
    running: info?.status === RUNNING,
    events: Number(info?.historyLength ?? 0),
    bytes: Number(info?.historySizeBytes ?? 0),
    updates: 0,
    ...(task
      ? {
          task: {
            attempt: task.attempt ?? 1,
            started: task.state === STARTED,
            sinceMs: toMs(task.originalScheduledTime) ?? toMs(task.scheduledTime) ?? Date.now(),
          },
        }
      : {}),
    activities: (pendingActivities ?? []).map(activityOf),
  };
}

function activityOf(pending: Pending): ActivityFacts {
  const started = pending.state === STARTED;
  const { lastFailure } = pending;
  const beatDueMs = started ? beatDue(pending) : undefined;
  return {
    name: pending.activityType?.name ?? '',
    attempt: pending.attempt ?? 1,
    started,
    sinceMs: toMs(pending.lastStartedTime) ?? toMs(pending.scheduledTime) ?? Date.now(),
    ...(beatDueMs === undefined ? {} : { beatDueMs }),
    ...(lastFailure
      ? { failure: { type: lastFailure.applicationFailureInfo?.type ?? '', message: lastFailure.message ?? '' } }
      : {}),
  };
}

function beatDue({ activityOptions, lastHeartbeatTime, lastStartedTime }: Pending): number | undefined {
  const timeout = toMs(activityOptions?.heartbeatTimeout);
  const last = Math.max(toMs(lastHeartbeatTime) ?? 0, toMs(lastStartedTime) ?? 0);
  return timeout === undefined || timeout === 0 || last === 0 ? undefined : last + timeout;
}

function toMs(time: Timestamp): number | undefined {
  return time ? Number(time.seconds ?? 0) * 1_000 + (time.nanos ?? 0) / 1_000_000 : undefined;
}
