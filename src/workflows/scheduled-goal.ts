/** What a schedule starts at each tick: makes the goal, runs it as a child and waits, so that overlap policies hold. Workflow side. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  type ChildWorkflowHandle,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  proxyLocalActivities,
  startChild,
  type WorkflowInfo,
  workflowInfo,
} from '@temporalio/workflow';
import type { GoalWorkflowResult } from '../core/contracts/goal.ts';
import type { GoalWorkflowInput } from '../core/contracts/goal-input.ts';
import { goalWorkflowId } from '../core/contracts/ids.ts';
import { priorityKey } from '../core/contracts/limits.ts';
import { searchAttributes } from '../core/contracts/messages.ts';
import {
  type ScheduleActivities,
  type ScheduledGoalInput,
  type ScheduledGoalResult,
  scheduledStartTime,
  type TickResult,
} from '../core/contracts/scheduled-goal.ts';

const activities = proxyLocalActivities<ScheduleActivities>({
  startToCloseTimeout: '60s',
  localRetryThreshold: '5s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s', maximumAttempts: 1_000 },
});

type Goal = Exclude<TickResult, { skipped: string }>;
type GoalWorkflow = (input: GoalWorkflowInput) => Promise<GoalWorkflowResult>;

/** One tick: at most one goal, whatever is tried again. Ends with its goal; a cancel goes on to the goal. */
export async function scheduledGoalWorkflow(input: ScheduledGoalInput): Promise<ScheduledGoalResult> {
  const { startTime, typedSearchAttributes: attributes }: WorkflowInfo = workflowInfo();
  const tick = {
    ...input,
    nominalMs: (attributes.get(scheduledStartTime) ?? startTime).getTime(),
    startedMs: startTime.getTime(),
    nowMs: Date.now(),
  };
  // A goal that is stored must reach Temporal, be it to be cancelled.
  const begun = await CancellationScope.nonCancellable(async () => {
    const made = await activities.createScheduledGoal(tick);
    return 'skipped' in made ? made : { goalId: made.goalId, child: await startGoal(input.tenant, made) };
  });
  if ('skipped' in begun) return { status: 'skipped', reason: begun.skipped };
  const { goalId, child } = begun;
  if (!child) return { goalId, status: 'elsewhere' };
  CancellationScope.current().cancelRequested.catch(() => cancelGoal(goalId));
  return { goalId, status: await CancellationScope.nonCancellable(() => endOf(child)) };
}

/** As a client starts it. A terminated parent cancels its goal, which then writes its end down. */
async function startGoal(tenant: string, goal: Goal): Promise<ChildWorkflowHandle<GoalWorkflow> | undefined> {
  const { goalId, label, tags, priority, weight } = goal;
  try {
    return await startChild<GoalWorkflow>('goalWorkflow', {
      workflowId: goalWorkflowId(goalId),
      args: [{ goalId, tenant }],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowTaskTimeout: '10 seconds',
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      priority: { priorityKey: priorityKey(priority), fairnessKey: tenant, fairnessWeight: weight },
      staticSummary: label,
      typedSearchAttributes: [
        { key: searchAttributes.status, value: 'queued' },
        { key: searchAttributes.tenant, value: tenant },
        { key: searchAttributes.tags, value: [...tags] },
      ],
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

function cancelGoal(goalId: string): Promise<void> {
  const goal = getExternalWorkflowHandle(goalWorkflowId(goalId));
  // It may have ended meanwhile.
  return CancellationScope.nonCancellable(() => goal.cancel()).catch(() => undefined);
}

async function endOf(child: ChildWorkflowHandle<GoalWorkflow>): Promise<GoalWorkflowResult['status']> {
  try {
    return (await child.result()).status;
  } catch (error) {
    return isCancellation(error) ? 'cancelled' : 'failed';
  }
}
