/** A goal's state at the start of a workflow run: fresh, or as it was carried over. Workflow side. */
import type { OpenGoalResult } from '../../core/contracts/activities.ts';
import type { GoalWorkflowInput } from '../../core/contracts/goal-input.ts';
import { embeddedQueues } from '../../core/contracts/ids.ts';
import { goalProxies } from './activities.ts';
import { endAwaiting, startAwaiting } from './awaiting.ts';
import { BudgetGate } from './budget-gate.ts';
import type { GoalRun } from './goal-run.ts';
import { Outbox } from './outbox.ts';

/** Stands in until the goal has opened; nothing but opening and closing may run on it. */
const UNOPENED: OpenGoalResult = {
  snapshot: '',
  title: '',
  queues: embeddedQueues(''),
  limits: {
    verify: 'off',
    synthesis: false,
    maxParallelTasks: 1,
    maxTurns: 1,
    maxRevisions: 0,
    maxRetries: 0,
    maxReplans: 0,
    taskTimeoutMs: 1,
  },
};

/** The state that `input` asks for. */
export function newRun(input: GoalWorkflowInput): GoalRun {
  const { goalId, tenant, carried } = input;
  const opened = carried?.opened ?? UNOPENED;
  const run: GoalRun = {
    input,
    opened,
    proxies: goalProxies(opened.queues),
    outbox: new Outbox({ goalId, tenant, nextNumber: carried?.nextEvent ?? 1 }),
    startedAtMs: carried?.startedAtMs ?? Date.now(),
    fallbacks: [...(carried?.fallbacks ?? [])],
    status: carried ? 'running' : 'queued',
    costMicroUsd: carried?.costMicroUsd ?? 0,
    replans: carried?.replans ?? 0,
    planRevision: carried?.planRevision ?? 0,
    resumes: 0,
    awaited: new Map(),
    awaitingSinceMs: 0,
    budget: new BudgetGate({
      usedUp: () => budgetUsedUp(run),
      wentOn: () => endAwaiting(run, 'budget'),
    }),
    budgetReason: '',
    closing: false,
    waitedMs: 0,
    draining: false,
  };
  return run;
}

function budgetUsedUp(run: GoalRun): 'end' | 'wait' {
  if (run.opened.limits.onBudget === 'partial') return 'end';
  startAwaiting(run, 'budget', run.budgetReason);
  return 'wait';
}

/** Takes over what opening the goal pinned. */
export function adopt(run: GoalRun, opened: OpenGoalResult): void {
  run.opened = opened;
  run.proxies = goalProxies(opened.queues);
}
