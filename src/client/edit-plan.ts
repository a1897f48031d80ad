/** Editing the plan of a running goal: add, remove, change, skip what has not started, retry what has failed. Host side. */
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { editPlanUpdate } from '../core/contracts/messages.ts';
import type { EditPlanInput } from '../core/contracts/plan-edit.ts';
import { failureType, type OrchestratorError } from '../core/failures.ts';
import type { GoalDetail } from '../core/goal.ts';
import { type PlanProblem, planTaskSchema } from '../core/plan.ts';
import { type EditOperationInput, type PlanDiff, planEditSchema } from '../core/plan-edit.ts';
import type { ClientParts } from './client-parts.ts';
import { authorField, checkInput, refusal, taskField } from './input-door.ts';
import { type AuthoredTask, authoredTaskSchema } from './pause-goal.ts';
import { tellGoal } from './tell-goal.ts';

const requestSchema = z.strictObject({
  operations: planEditSchema.shape.operations,
  author: authorField,
  baseRevision: z.int().min(0).optional(),
});

const { instructions, agent, tier } = planTaskSchema.shape;
const retrySchema = z.strictObject({
  taskId: taskField,
  instructions: instructions.optional(),
  agent: agent.optional(),
  tier: tier.optional(),
  author: authorField,
});

/**
 * What is to change, at most 100 operations, in order. `baseRevision`: the plan's revision that was seen; the edit is
 * refused when it is another by then. `author` is written into the goal's story.
 */
export interface PlanEditRequest {
  readonly operations: readonly EditOperationInput[];
  readonly author?: string;
  readonly baseRevision?: number;
}

/** A task to be retried, with what is to be otherwise this time. */
export type RetryTask = z.input<typeof retrySchema>;

/**
 * Puts the edited plan in force, whole or not at all, and says what changed and what it will probably cost.
 * Errors: `control.invalid`, `plan.invalid` and `control.conflict` (facts: `problems`), `control.stale`, `control.busy`,
 * `goal.closed`, `goal.lost`.
 */
export function editPlan(parts: ClientParts, goalId: string, request: PlanEditRequest): Promise<PlanDiff> {
  return send(parts, goalId, { request, preview: false });
}

/** What `editPlan` would do now; the same errors. */
export function previewEdit(parts: ClientParts, goalId: string, request: PlanEditRequest): Promise<PlanDiff> {
  return send(parts, goalId, { request, preview: true });
}

/** Starts a failed, cancelled or skipped task afresh; what was skipped for it waits again. Errors: as `editPlan`. */
export async function retryTask(parts: ClientParts, goalId: string, raw: RetryTask): Promise<PlanDiff> {
  const { author, ...task } = checkInput(retrySchema, raw, { what: 'The retry' });
  return editPlan(parts, goalId, { operations: [{ op: 'retry', ...task }], author });
}

/** Gives up a task that has not started; what needs it is skipped as well. Errors: as `editPlan`. */
export async function skipTask(parts: ClientParts, goalId: string, raw: AuthoredTask): Promise<PlanDiff> {
  const { author, taskId } = checkInput(authoredTaskSchema, raw, { what: 'The skip' });
  return editPlan(parts, goalId, { operations: [{ op: 'skip', taskId }], author });
}

async function send(
  parts: ClientParts,
  goalId: string,
  { request, preview }: { readonly request: PlanEditRequest; readonly preview: boolean },
): Promise<PlanDiff> {
  const { operations, author, baseRevision } = checkInput(requestSchema, request, { what: 'The edit' });
  const { store, tenant } = parts;
  const edit = await store.blobs.put(tenant, Buffer.from(JSON.stringify({ operations })));
  const input: EditPlanInput = { edit, author, preview, ...(baseRevision === undefined ? {} : { baseRevision }) };
  try {
    const { diff } = await tellGoal(parts, goalId, {
      update: editPlanUpdate,
      input,
      isBehind: (refusal, goal) => isBehind(parts, { refusal, goal, baseRevision }),
    });
    return JSON.parse(await store.blobs.getText(tenant, diff.hash)) as PlanDiff;
  } catch (error) {
    throw (await withProblems(parts, error)) ?? error;
  }
}

interface Refused {
  readonly refusal: string;
  readonly goal: GoalDetail;
  readonly baseRevision: number | undefined;
}

/** The workflow says that there is no plan yet, or an older one, and the store has it. */
async function isBehind({ store, tenant }: ClientParts, { refusal, goal, baseRevision }: Refused): Promise<boolean> {
  if (refusal === 'control.busy') return goal.status === 'running' && goal.tasks.length > 0 && !waitsAsReplan(goal);
  if (refusal !== 'control.stale' || baseRevision === undefined) return false;
  return (await store.plans.current(tenant, goal.goalId))?.revision === baseRevision;
}

/** A new plan that waits while the one before has begun takes no retry and no skip. */
function waitsAsReplan({ awaiting, tasks }: GoalDetail): boolean {
  return awaiting === 'plan' && tasks.some(({ startedAt }) => startedAt !== null);
}

/** The refusal with all that is wrong, which is in the store. */
async function withProblems({ store, tenant }: ClientParts, error: unknown): Promise<OrchestratorError | undefined> {
  const type = failureType(error);
  if (type === undefined || !(error instanceof ApplicationFailure)) return undefined;
  const [details] = error.details ?? [];
  const hash = (details as { problems?: unknown } | undefined)?.problems;
  if (typeof hash !== 'string') return undefined;
  return refusal(type, 'The edit', JSON.parse(await store.blobs.getText(tenant, hash)) as PlanProblem[]);
}
