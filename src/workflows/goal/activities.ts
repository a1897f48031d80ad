/** Activity proxies of the goal workflow with their timeouts and retry rules. Workflow side. */
import {
  ActivityCancellationType,
  type ActivityInterfaceFor,
  type ActivityOptions,
  type LocalActivityOptions,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type {
  EventActivities,
  GoalActivities,
  ModelActivities,
  ToolActivities,
} from '../../core/contracts/activities.ts';
import type { BatchActivities } from '../../core/contracts/batches.ts';
import type { TaskQueues, WorkerRole } from '../../core/contracts/ids.ts';
import type { PlanEditActivities } from '../../core/contracts/plan-edit.ts';

/**
 * Every retry is Temporal's; the journal, not this back-stop, bounds what is really sent. Failures of models bring their
 * own delay: this one is for workers that died and stores that were away, so the first comes soon.
 */
const retry = {
  initialInterval: '200ms',
  backoffCoefficient: 2,
  maximumInterval: '60s',
  maximumAttempts: 1_000,
} as const;

/** Nothing that was started still writes when the goal has been closed. */
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/** A heartbeat every second or two, so that cancels arrive and dead workers show within two. */
const live: ActivityOptions = {
  startToCloseTimeout: '70 minutes',
  heartbeatTimeout: '2s',
  cancellationType,
  retry,
};

/**
 * Short work on the store runs within the workflow task, without a round trip to the server. Longer pauses between
 * attempts are timers, so that a store that is away for hours does not keep workflow tasks open.
 */
export const local: LocalActivityOptions = { localRetryThreshold: '5s', retry };

/** Steps of a goal that are no part of a workflow task. */
type LongStep = 'openGoal' | 'closeGoal';

/** All activities of a goal. */
export interface GoalProxies {
  readonly model: ActivityInterfaceFor<ModelActivities>;
  readonly batches: ActivityInterfaceFor<BatchActivities>;
  readonly tools: ActivityInterfaceFor<ToolActivities>;
  readonly goal: ActivityInterfaceFor<Omit<GoalActivities, LongStep>>;
  readonly long: ActivityInterfaceFor<Pick<GoalActivities, LongStep>>;
}

/** Proxies on the queues of each role; a role on the workflow's own queue is left to start eagerly. */
export function goalProxies(queues: TaskQueues): GoalProxies {
  const on = (role: WorkerRole, options: ActivityOptions): ActivityOptions =>
    queues[role] === queues.workflow ? options : { ...options, taskQueue: queues[role] };
  return {
    model: proxyActivities<ModelActivities>(on('model', live)),
    batches: proxyActivities<BatchActivities>(on('model', live)),
    tools: proxyActivities<ToolActivities>(on('tools', live)),
    goal: proxyLocalActivities<Omit<GoalActivities, LongStep>>({
      ...local,
      startToCloseTimeout: '60s',
      cancellationType,
    }),
    // Opening takes a while where a plan is large or a fork copies files, and the workflow tasks of other goals do not wait
    // for it. That the goal ends stands in the history before it is written: messages that come meanwhile find it closing.
    // A workflow task made anew would take them first, and go on with a goal that the store says has ended.
    long: proxyActivities<Pick<GoalActivities, LongStep>>({ ...live, startToCloseTimeout: '60s' }),
  };
}

/** Events only the workflow knows; insert-or-ignore, so that a repeat doubles nothing. */
export const eventActivities = proxyLocalActivities<EventActivities>({ ...local, startToCloseTimeout: '20s' });

/** A plan once accepted is in the store: the decision stands in the history before it is made, so that no repeat differs. */
export const planEditActivities = proxyActivities<PlanEditActivities>({ ...live, startToCloseTimeout: '60s' });
