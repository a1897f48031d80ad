/** Sample goals, plans and calls for the store's tests. */
import type { TurnOutcome } from '../../src/core/contracts/calls.ts';
import type { Census } from '../../src/core/contracts/goal.ts';
import { newGoalId } from '../../src/core/ids.ts';
import type { Plan, PlanTask } from '../../src/core/plan.ts';
import type { Snapshot } from '../../src/core/snapshot.ts';
import type { CallGate, CallRequest } from '../../src/store/admission.ts';
import { blobRef } from '../../src/store/blob-ref.ts';
import type { CapacityLimits } from '../../src/store/capacity-types.ts';
import type { CallId, FinishedCall, Store } from '../../src/store/store.ts';

export const TENANT = 'default';
export const USAGE = {
  inputTokens: 100,
  outputTokens: 20,
  cacheReadTokens: 30,
  cacheWrite5mTokens: 4,
  cacheWrite1hTokens: 5,
  webSearches: 1,
};

/** A task with defaults. */
export function task(id: string, members: Partial<PlanTask> = {}): PlanTask {
  return {
    id,
    title: `Task ${id}`,
    instructions: 'Do it.',
    agent: 'writer',
    agentReason: 'fits',
    tier: 'fast',
    dependsOn: [],
    acceptanceCriteria: [],
    effort: 'M',
    priority: 3,
    onFailure: 'retry',
    optional: false,
    ...members,
  };
}

export function plan(tasks: readonly PlanTask[]): Plan {
  return { title: 'A plan', acceptanceCriteria: [], tasks: [...tasks] };
}

/** Creates a goal, by default with tasks `a` and `b` (b after a). */
export async function newGoal(store: Store, tasks: readonly PlanTask[] = [task('a'), task('b', { dependsOn: ['a'] })]) {
  const goalId = newGoalId();
  await store.goals.create({ goalId, tenant: TENANT, request: { text: 'Write a report' }, simulated: true });
  if (tasks.length > 0) {
    await store.plans.accept({ tenant: TENANT, goalId, revision: 0, plan: plan(tasks), source: 'given' });
  }
  return goalId;
}

/** An opened goal with a budget; micro-USD. */
export async function goalWithBudget(
  store: Store,
  budget: { readonly budgetMicroUsd: number; readonly budgetWarnShare: number },
  tasks?: readonly PlanTask[],
): Promise<string> {
  const goalId = await newGoal(store, tasks);
  const limits = { ...SNAPSHOT.limits, ...budget };
  await store.goals.open({ goalId, tenant: TENANT, title: 'T', snapshot: { ...SNAPSHOT, limits } });
  return goalId;
}

export function callId(goalId: string, members: Partial<CallId> = {}): CallId {
  return { goalId, tenant: TENANT, taskId: 'a', revision: 0, turn: 1, ...members };
}

/** What a request has to pass besides the budget: by default the room of `model` is unlimited. */
export function gate(model: string, id: CallId, limits: CapacityLimits = {}): CallGate {
  const call = { model, id, priority: 3, weight: 1, inputTokens: 0, outputTokens: 0 };
  return { maxFailures: 2, call, rules: { limits, probeIntervalMs: 5_000 } };
}

/** A request that begins its task. */
export function asking({ taskId }: CallId, worstMicroUsd: number): CallRequest {
  const events = [{ type: 'task-start' as const, taskId, data: { agent: 'writer', revision: 0 } }];
  return { attempt: `of ${taskId}`, worstMicroUsd, events };
}

/** A finished call that says one thing. */
export function finishedCall(id: CallId, members: Partial<FinishedCall> = {}): FinishedCall {
  const outcome: TurnOutcome = { kind: 'continue', why: 'no-submission' };
  return {
    id,
    purpose: 'task',
    agent: 'writer',
    result: { outcome, model: 'claude-haiku-5-5', usage: USAGE, costMicroUsd: 1_500 },
    requestId: 'req_1',
    stopReason: 'end_turn',
    transcript: [
      {
        revision: id.revision,
        position: id.turn * 1_000,
        role: 'assistant',
        content: { blocks: [], stopReason: 'end_turn' },
      },
    ],
    events: [{ type: 'turn-end', taskId: id.taskId, data: { turn: id.turn } }],
    blobs: [],
    ...members,
  };
}

/** A finished call that submits `text`. */
export function submittingCall(id: CallId, text: string): FinishedCall {
  const output = blobRef(bytes(text));
  const taskResult = { output, summary: text, evidence: [] };
  return finishedCall(id, { attempt: `of ${id.taskId}`, blobs: [bytes(text)], taskResult });
}

export const SNAPSHOT: Snapshot = {
  promptVersion: 1,
  agents: [{ name: 'writer', description: 'Writes.', instructions: 'Write\u0000!', tier: 'fast', tools: [] }],
  tiers: {
    fast: { model: 'm', maxOutputTokens: 1_000, thinking: 'default', effort: 'default' },
    balanced: { model: 'm', maxOutputTokens: 1_000, thinking: 'default', effort: 'default' },
    deep: { model: 'm', maxOutputTokens: 1_000, thinking: 'default', effort: 'default' },
  },
  limits: {
    verify: 'final',
    synthesis: true,
    maxParallelTasks: 5,
    maxTurns: 5,
    maxRevisions: 1,
    maxRetries: 1,
    maxReplans: 1,
    taskTimeoutMs: 60_000,
  },
  maxTasks: 10,
  tools: [],
};

export const CENSUS: Census = {
  tasks: { total: 2, done: 2, failed: 0, skipped: 0, cancelled: 0, retried: 0, revised: 0 },
  criteria: { total: 0, pass: 0, fail: 0, unverified: 0 },
  replans: 0,
  fallbacks: [],
  modelCalls: 1,
  toolCalls: 0,
  usage: USAGE,
  costMicroUsd: 1_500,
  durationMs: 10,
  criticalPathMs: 10,
  verified: true,
};

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
