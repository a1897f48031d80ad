/** A goal's state at the start of a workflow run: fresh, or as it was carried over. Workflow side. */
import type { OpenGoalResult } from '../../core/contracts/activities.ts';
import type { GoalWorkflowInput } from '../../core/contracts/goal-input.ts';
import { embeddedQueues } from '../../core/contracts/ids.ts';
import { goalProxies } from './activities.ts';
import { Approvals } from './approvals.ts';
import { showAwaited } from './awaiting.ts';
import { Batches } from './batches.ts';
import { BudgetGate } from './budget-gate.ts';
import { watchBudget } from './budget-wait.ts';
import type { GoalRun } from './goal-run.ts';
import { shouldWaitOn } from './history-length.ts';
import { LocalLane } from './local-lane.ts';
import { Outbox } from './outbox.ts';
import { pause } from './pause.ts';

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
  const lane = new LocalLane();
  const outbox = new Outbox({ goalId, tenant, nextNumber: carried?.nextEvent ?? 1, lane });
  const run: GoalRun = {
    input,
    opened,
    proxies: goalProxies(opened.queues),
    outbox,
    lane,
    startedAtMs: carried?.startedAtMs ?? Date.now(),
    fallbacks: [...(carried?.fallbacks ?? [])],
    status: carried ? 'running' : 'queued',
    costMicroUsd: carried?.costMicroUsd ?? 0,
    replans: carried?.replans ?? 0,
    rejections: carried?.rejections ?? 0,
    ...(carried?.unapproved ? { unapproved: carried.unapproved } : {}),
    ...(carried?.delivery ? { delivery: carried.delivery } : {}),
    planRevision: carried?.planRevision ?? 0,
    resumes: 0,
    awaited: new Map(),
    awaitingSinceMs: 0,
    budget: new BudgetGate(watchBudget(() => run)),
    batches: new Batches(() => run),
    approvals: new Approvals(
      {
        emit: (...event) => run.outbox.emit(...event),
        interrupted: () => shouldWaitOn(run),
        changed: () => showAwaited(run),
      },
      carried?.approvals,
    ),
    steering: [...(carried?.steering ?? [])],
    ...(carried?.moneySinceMs === undefined ? {} : { moneySinceMs: carried.moneySinceMs }),
    budgetReason: '',
    get closing() {
      return outbox.sealed;
    },
    waitedMs: 0,
    paused: false,
    settled: carried?.delivery !== undefined,
    draining: false,
  };
  if (carried?.paused) pause(run);
  return run;
}

/** Takes over what opening the goal pinned. */
export function adopt(run: GoalRun, opened: OpenGoalResult): void {
  run.opened = opened;
  run.proxies = goalProxies(opened.queues);
}
