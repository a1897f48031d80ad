/** Activity proxies of the goal workflow with their timeouts and retry rules. Workflow side. */
import {
  ActivityCancellationType,
  type ActivityInterfaceFor,
  type ActivityOptions,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type {
  EventActivities,
  GoalActivities,
  ModelActivities,
  ToolActivities,
} from '../../core/contracts/activities.ts';
import type { TaskQueues, WorkerRole } from '../../core/contracts/ids.ts';

/** Every retry is Temporal's; the journal, not this back-stop, bounds what is really sent. */
const retry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s', maximumAttempts: 1_000 } as const;

/** Nothing that was started still writes when the goal has been closed. */
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/** A heartbeat every second or two, so that cancels arrive and dead workers show within two. */
const live: ActivityOptions = {
  startToCloseTimeout: '70 minutes',
  heartbeatTimeout: '2s',
  cancellationType,
  retry,
};

/** All activities of a goal. */
export interface GoalProxies {
  readonly model: ActivityInterfaceFor<ModelActivities>;
  readonly tools: ActivityInterfaceFor<ToolActivities>;
  readonly goal: ActivityInterfaceFor<GoalActivities>;
}

/** Proxies on the queues of each role; a role on the workflow's own queue is left to start eagerly. */
export function goalProxies(queues: TaskQueues): GoalProxies {
  const on = (role: WorkerRole, options: ActivityOptions): ActivityOptions =>
    queues[role] === queues.workflow ? options : { ...options, taskQueue: queues[role] };
  return {
    model: proxyActivities<ModelActivities>(on('model', live)),
    tools: proxyActivities<ToolActivities>(on('tools', live)),
    goal: proxyActivities<GoalActivities>({ startToCloseTimeout: '60s', cancellationType, retry }),
  };
}

/** Events only the workflow knows; insert-or-ignore, so that a repeat doubles nothing. */
export const eventActivities = proxyLocalActivities<EventActivities>({
  startToCloseTimeout: '20s',
  localRetryThreshold: '1 minute',
  retry,
});
