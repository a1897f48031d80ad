/** Telling an open goal something that its workflow answers. Host side. */
import type { UpdateDefinition } from '@temporalio/common';
import { OrchestratorError } from '../core/failures.ts';
import type { GoalDetail } from '../core/goal.ts';
import { untilCaughtUp } from './caught-up.ts';
import type { ClientParts } from './client-parts.ts';
import { openGoal } from './control-goal.ts';
import { showGoal } from './read-goal.ts';

const OPEN_TASKS: ReadonlySet<string> = new Set(['waiting', 'ready', 'running', 'checking']);

/** What a workflow says that has no limits and no plan yet. */
const NOT_YET: ReadonlySet<string> = new Set(['budget.invalid', 'control.invalid', 'control.busy', 'control.stale']);

/** What is told. */
export interface Told<Result, Input> {
  readonly update: UpdateDefinition<Result, [Input]>;
  readonly input: Input;
  /** Whether a refusal is contradicted by what the store knows of the goal: it is told again then, until the workflow knows. */
  isBehind?(refusal: string, goal: GoalDetail): boolean | Promise<boolean>;
}

/**
 * Sends the update to the workflow of an open goal and gives its answer; a refusal is thrown under its failure type.
 * Errors: `goal.not-found`, `goal.closed`, `goal.lost`, `temporal.unavailable`.
 */
export function tellGoal<Result, Input>(
  parts: ClientParts,
  goalId: string,
  told: Told<Result, Input>,
): Promise<Result> {
  return untilCaughtUp(
    () => tellOnce(parts, goalId, told),
    async (refusal) => {
      const goal = await showGoal(parts, goalId);
      if (NOT_YET.has(refusal) && (await isOpening(parts, goal))) return true;
      return (await told.isBehind?.(refusal, goal)) ?? false;
    },
  );
}

/** Whether its workflow will soon have its limits, and the plan where one came with the goal. */
async function isOpening({ store, tenant }: ClientParts, { goalId, status }: GoalDetail): Promise<boolean> {
  if (status !== 'planning') return status === 'queued';
  return (await store.goals.request(tenant, goalId))?.plan !== undefined;
}

async function tellOnce<Result, Input>(
  parts: ClientParts,
  goalId: string,
  { update, input }: Told<Result, Input>,
): Promise<Result> {
  await openGoal(parts, goalId);
  const result = await parts.workflows.update(goalId, update, input);
  if (result !== 'gone') return result;
  // It has ended meanwhile, or it never started.
  await openGoal(parts, goalId);
  throw lostGoal(goalId);
}

/** Whether the store has the task under way or waiting, in a plan that runs. */
export function isOpenTask({ status, awaiting, tasks }: GoalDetail, taskId: string): boolean {
  const task = tasks.find((each) => each.taskId === taskId);
  return status === 'running' && awaiting !== 'plan' && task !== undefined && OPEN_TASKS.has(task.status);
}

/** Temporal knows nothing of an open goal. */
export function lostGoal(goalId: string): OrchestratorError {
  return new OrchestratorError('goal.lost', `Goal ${goalId} has no workflow in Temporal.`, {
    remedy: 'Resume it, then try again.',
  });
}
