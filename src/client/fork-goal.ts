/** Forking a goal: a new one from its plan with edits, and what that would take over and cost. Host side. */
import type { z } from 'zod';
import { FAILURES, OrchestratorError } from '../core/failures.ts';
import { type ForkPreview, type ForkTask, forkEditsSchema, rerunSchema } from '../core/fork.ts';
import { type GoalRequest, goalRequestSchema } from '../core/goal.ts';
import type { Plan } from '../core/plan.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { ForkSource } from '../store/fork-types.ts';
import type { StartedGoal } from '../store/store.ts';
import { applyEdits } from '../tasks/apply-edits.ts';
import { reusedOf } from '../tasks/fork-fates.ts';
import { withGoalCriteria } from '../tasks/goal-criteria.ts';
import type { ClientParts } from './client-parts.ts';
import { forecastOf } from './forecast-plan.ts';
import { fatesOfFork } from './fork-facts.ts';
import { authorField, checkInput, refusal } from './input-door.ts';
import type { Pins } from './pins.ts';
import { showGoal } from './read-goal.ts';
import { parseGoalRequest } from './request-door.ts';
import { startGoal } from './start-goal.ts';

const forkSchema = goalRequestSchema.omit({ text: true, plan: true, forkOf: true }).extend({
  edits: forkEditsSchema.default([]),
  rerun: rerunSchema.default([]),
  author: authorField,
});

/**
 * Edits of the plan, tasks that run again all the same, who forks, and settings in place of the original's (`budgetUsd`,
 * `verify`, …). The idempotency key is not taken over.
 */
export type Fork = z.input<typeof forkSchema>;

/** Starts the fork. Errors: `goal.not-found`, `fork.invalid`, `plan.invalid`, and those of starting a goal. */
export async function forkGoal(parts: ClientParts, goalId: string, raw: Fork): Promise<StartedGoal> {
  return startGoal(parts, (await prepare(parts, goalId, raw)).request);
}

/**
 * What would be taken over and run as things are now; the fork itself decides when it opens. Tools are taken as the
 * original pinned them: where a worker has others, tasks that may use them run as well.
 */
export async function previewFork(parts: ClientParts, goalId: string, raw: Fork): Promise<ForkPreview> {
  const { source, pinned, request, plan } = await prepare(parts, goalId, raw);
  const goalText = request.text;
  const snapshot = { ...parts.pins, tools: pinned.tools, limits: limitsOf(parts.pins, request) };
  const after = { plan, goalText, snapshot };
  const fates = fatesOfFork({ source, pinned, after, rerun: request.forkOf?.rerun ?? [] });
  const { costMicroUsd, durationMs } = forecastOf({ ...after, snapshot, at: new Date(), done: reusedOf(fates) });
  const paid = new Map(source.tasks.map((task) => [task.taskId, task.costMicroUsd]));
  const tasks = plan.tasks.map(({ id, title }): ForkTask => {
    const fate = fates.get(id);
    return { taskId: id, title, why: fate?.reused === false ? fate.why : null, paidMicroUsd: paid.get(id) ?? 0 };
  });
  return {
    goalId,
    tasks,
    savedMicroUsd: sum(tasks.filter(({ why }) => why === null)),
    paidMicroUsd: sum(tasks.filter(({ why }) => why !== null)),
    forecast: { costMicroUsd, durationMs },
  };
}

interface Prepared {
  readonly source: ForkSource;
  readonly pinned: Snapshot;
  readonly request: GoalRequest;
  /** As it will be accepted. */
  readonly plan: Plan;
}

/** The request that starts the fork: the original's, with edits and settings over it, checked as any other. */
async function prepare(parts: ClientParts, goalId: string, raw: Fork): Promise<Prepared> {
  const { edits, rerun, author, ...settings } = checkInput(forkSchema, raw, { what: 'The fork', code: 'goal.invalid' });
  const { source, pinned, plan: old } = await original(parts, goalId);
  const edited = applyEdits(old, edits);
  if (!edited.ok) throw refusal('plan.invalid', 'The edit', edited.problems);
  const unknown = rerun.find((id) => !edited.plan.tasks.some((task) => task.id === id));
  if (unknown !== undefined) throw invalid(`the plan has no task ${JSON.stringify(unknown)} to run again`);
  const { idempotencyKey: _key, ...same } = source.request;
  const forkOf = { goalId, rerun, author };
  const request = parseGoalRequest({ ...same, ...settings, plan: edited.plan, forkOf }, parts.rules);
  return { source, pinned, request, plan: withGoalCriteria(request.plan ?? edited.plan) };
}

async function original(parts: ClientParts, goalId: string): Promise<Omit<Prepared, 'request'>> {
  const { store, tenant } = parts;
  await showGoal(parts, goalId);
  const source = await store.forks.source(tenant, goalId);
  if (!source?.plan || source.snapshot === undefined) throw invalid(`goal ${goalId} has no plan yet`);
  return { source, plan: source.plan, pinned: await store.snapshots.get(tenant, source.snapshot) };
}

function limitsOf({ limits }: Pins, request: GoalRequest): Snapshot['limits'] {
  const { verify = limits.verify, synthesis = limits.synthesis } = request;
  return { ...limits, verify, synthesis, maxParallelTasks: request.maxParallelTasks ?? limits.maxParallelTasks };
}

function sum(tasks: readonly ForkTask[]): number {
  return tasks.reduce((total, { paidMicroUsd }) => total + paidMicroUsd, 0);
}

function invalid(what: string): OrchestratorError {
  return new OrchestratorError('fork.invalid', `The fork is refused: ${what}.`, {
    remedy: FAILURES['fork.invalid'].remedy,
  });
}
