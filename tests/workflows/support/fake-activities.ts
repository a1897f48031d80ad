/** Typed fakes of all activities: scripted by a function of the call, they record what they were asked. Tests only. */
import { createHash } from 'node:crypto';
import type {
  CloseGoalInput,
  EventActivities,
  GoalActivities,
  ModelActivities,
  OpenGoalResult,
  ToolActivities,
  WorkflowEvent,
} from '../../../src/core/contracts/activities.ts';
import type { CallModelInput, CallModelResult, RunToolInput, TurnOutcome } from '../../../src/core/contracts/calls.ts';
import type { GoalLimits } from '../../../src/core/contracts/goal.ts';
import { embeddedQueues, type TaskQueues } from '../../../src/core/contracts/ids.ts';
import type { PackedSkeleton, PlanSkeleton, TaskSkeleton } from '../../../src/core/contracts/plan.ts';
import type { BlobRef } from '../../../src/core/contracts/refs.ts';
import { packSkeleton } from '../../../src/tasks/pack-skeleton.ts';
import { recorded } from './recorded.ts';

export const LIMITS: GoalLimits = {
  verify: 'off',
  synthesis: false,
  maxParallelTasks: 50,
  maxTurns: 5,
  maxRevisions: 2,
  maxRetries: 1,
  maxReplans: 1,
  taskTimeoutMs: 60_000,
};

/** A reference to a text that no store holds. */
export function fakeRef(text: string): BlobRef {
  return { hash: createHash('sha256').update(text).digest('hex'), bytes: text.length };
}

/** A task that depends on the tasks at `dependsOn`. */
export function task(id: string, dependsOn: readonly number[] = [], extra: Partial<TaskSkeleton> = {}): TaskSkeleton {
  const rest = {
    agent: 'writer',
    tier: 'fast',
    effort: 'S',
    priority: 3,
    optional: false,
    onFailure: 'retry',
    criteria: 1,
  } as const;
  return { id, ...rest, dependsOn, ...extra };
}

export function skeleton(tasks: readonly TaskSkeleton[], extra: Partial<PlanSkeleton> = {}): PackedSkeleton {
  return packSkeleton({
    plan: fakeRef(JSON.stringify(tasks)),
    revision: 0,
    source: 'manager',
    criteria: 1,
    tasks,
    ...extra,
  });
}

export const PASSED: TurnOutcome = {
  kind: 'verdict',
  verdict: { passed: true, criteria: { total: 1, pass: 1, fail: 0, unverified: 0 } },
};
export const NOT_PASSED: TurnOutcome = {
  kind: 'verdict',
  verdict: { passed: false, criteria: { total: 1, pass: 0, fail: 1, unverified: 0 }, feedback: fakeRef('feedback') },
};
export const submitted = (text = 'result'): TurnOutcome => ({
  kind: 'submitted',
  result: fakeRef(text),
  implicit: false,
});
export const deliverable = (text = 'deliverable'): TurnOutcome => ({ kind: 'deliverable', deliverable: fakeRef(text) });

/** What a call comes to; a thrown error is the activity's. */
export type Script = (call: CallModelInput) => TurnOutcome | Promise<TurnOutcome>;

/** Activities that follow a script, and what they saw. */
export interface FakeActivities {
  readonly calls: CallModelInput[];
  readonly tools: RunToolInput[];
  readonly events: WorkflowEvent[];
  readonly closed: CloseGoalInput[];
  readonly activities: GoalActivities & ModelActivities & ToolActivities & EventActivities;
}

/** Fakes on one queue. `given` is the plan a person gave; without it the script is asked for one. */
export function fakeActivities(setup: {
  taskQueue: string;
  script: Script;
  limits?: Partial<GoalLimits>;
  given?: PackedSkeleton;
  /** Of the tasks of `given`, those that are taken over from another goal. */
  reused?: string;
  toolFails?: (call: RunToolInput) => boolean;
  /** Roles on queues of their own. */
  queues?: Partial<TaskQueues>;
}): FakeActivities {
  const calls: CallModelInput[] = [];
  const tools: RunToolInput[] = [];
  const events: WorkflowEvent[] = [];
  const closed: CloseGoalInput[] = [];
  const plans = setup.given ? [setup.given] : [];
  const opened: OpenGoalResult = {
    snapshot: 'snapshot',
    title: 'A goal',
    queues: { ...embeddedQueues(setup.taskQueue), ...setup.queues },
    limits: { ...LIMITS, ...setup.limits },
    ...(setup.given ? { skeleton: setup.given } : {}),
    ...(setup.reused === undefined ? {} : { reused: setup.reused }),
  };
  const usage = {
    inputTokens: 10,
    outputTokens: 5,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    webSearches: 0,
  };
  return {
    calls,
    tools,
    events,
    closed,
    activities: {
      openGoal: async () => opened,
      makeFallbackPlan: async () => skeleton([task('goal')], { source: 'fallback', criteria: 0 }),
      async loadSkeleton({ plan }) {
        const known = plans.find((candidate) => candidate.plan.hash === plan.hash);
        if (!known) throw new Error('no such plan');
        return known;
      },
      raiseGoalBudget: async ({ budgetMicroUsd }) => ({ budgetMicroUsd }),
      closeGoal: recorded(async (input: CloseGoalInput) => {
        closed.push(input);
        return { costMicroUsd: calls.length, ...(input.deliverable ? { deliverable: input.deliverable } : {}) };
      }),
      async recordEvents(input) {
        for (const event of input.events)
          if (!events.some((known) => known.number === event.number)) events.push(event);
      },
      runTool: recorded(async (input: RunToolInput) => {
        tools.push(input);
        return { isError: setup.toolFails?.(input) ?? false, bytes: 1 };
      }),
      callModel: recorded(async (input: CallModelInput): Promise<CallModelResult> => {
        calls.push(input);
        return { outcome: await setup.script(input), model: 'fake', usage, costMicroUsd: 1, recorded: false };
      }),
    },
  };
}
