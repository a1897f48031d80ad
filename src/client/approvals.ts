/** Work items: what waits for a person, with all that is needed to decide, and the decision. Host side. */

import { z } from 'zod';
import type { ApprovalDetail, ApprovalView } from '../core/approval.ts';
import type { DecideInput, DecideResult } from '../core/contracts/approvals.ts';
import { conversationOf, goalWorkflowId, workflowIdOf } from '../core/contracts/ids.ts';
import { MAX_GOAL_BYTES } from '../core/contracts/limits.ts';
import { decideUpdate } from '../core/contracts/messages.ts';
import { FAILURES, OrchestratorError } from '../core/failures.ts';
import { isGoalId } from '../core/ids.ts';
import type { StoredApproval } from '../store/store.ts';
import { tellGoalsUnder } from './budget-accounts.ts';
import { codeOf, untilCaughtUp } from './caught-up.ts';
import type { ClientParts } from './client-parts.ts';
import { authorField, budgetField, checkInput, limitField, refusal, textField } from './input-door.ts';
import { showGoal } from './read-goal.ts';
import { tellGoal } from './tell-goal.ts';

const filterSchema = z.strictObject({
  goalId: z.string().optional(),
  all: z.boolean().default(false),
  limit: limitField.optional(),
});

/** Which items: those that wait, unless `all`; of one goal, or of all goals of the tenant. At most `limit`, default 100. */
export type ApprovalsFilter = z.input<typeof filterSchema>;

const hashField = z.string().regex(/^[0-9a-f]{64}$/, 'is not the hash of an item');
const noteField = textField(MAX_GOAL_BYTES);

const decideSchema = z.strictObject({
  verdict: z.enum(['approve', 'deny']),
  hash: hashField,
  author: authorField,
  scope: z.enum(['once', 'goal']).default('once'),
  note: noteField.optional(),
  budgetUsd: budgetField.optional(),
});

/**
 * A verdict. `hash` is what the person saw; `note` is the reason, or the answer to a question; scope `goal`: the same tool is
 * not asked for again in this goal; `budgetUsd`, with the approval of a budget: the account's new limit in place of what is
 * asked for.
 */
export type Decide = z.input<typeof decideSchema>;

const planSchema = z.strictObject({ hash: hashField.optional(), author: authorField });
const rejectSchema = planSchema.extend({ feedback: noteField.optional() });

/** A verdict on a goal's plan. `hash`: the plan that was seen; default: the one that waits now. */
export type PlanDecision = z.input<typeof planSchema>;

/** With feedback the manager plans again. */
export type PlanRejection = z.input<typeof rejectSchema>;

/** Items, newest first. Errors: `goal.not-found`. */
export async function listApprovals(parts: ClientParts, filter: ApprovalsFilter): Promise<readonly ApprovalView[]> {
  const { goalId, all, limit } = checkInput(filterSchema, filter, { what: 'The filter' });
  if (goalId !== undefined) await showGoal(parts, goalId);
  const items = await parts.store.approvals.list({
    tenant: parts.tenant,
    open: !all,
    ...(goalId === undefined ? {} : { goalId }),
    ...(limit === undefined ? {} : { limit }),
  });
  return items.map(viewOf);
}

/** One item with its exact arguments. Errors: `approval.unknown`. */
export async function showApproval(parts: ClientParts, id: string): Promise<ApprovalDetail> {
  const item = await find(parts, id);
  const { store, tenant } = parts;
  const { goalId, taskId, revision, turn, index } = item;
  const isCall = taskId !== null && revision !== null && turn !== null && index !== null;
  const call = isCall ? await store.journal.toolCall({ tenant, goalId, taskId, revision, turn }, index) : undefined;
  const isPlan = item.kind === 'plan';
  return {
    ...viewOf(item),
    outlook: isPlan ? ((await store.plans.ready(tenant, goalId, revision ?? 0)) ?? null) : null,
    arguments: call?.input ?? null,
    plan: isPlan ? await store.plans.get(tenant, item.hash) : null,
    note: item.noteHash === null ? null : await store.blobs.getText(tenant, item.noteHash),
  };
}

/**
 * Decides an item; the first verdict holds, and `applied` says whether it was this one. An approved budget is raised by then,
 * and the other goals of its account are told. Errors: `approval.unknown`, `approval.stale` (it is not what was seen),
 * `budget.invalid`, `control.invalid`, `goal.closed`.
 */
export async function decideApproval(parts: ClientParts, id: string, decision: Decide): Promise<DecideResult> {
  const { note, budgetUsd, ...verdict } = checkInput(decideSchema, decision, { what: 'The decision' });
  const item = await find(parts, id);
  const known = lateFor(item);
  if (known) return known;
  if (item.state === 'withdrawn') throw unknown(id);
  checkKind(item, { note, ...verdict });
  const stored = note === undefined ? {} : { note: await parts.store.blobs.put(parts.tenant, Buffer.from(note)) };
  const more = budgetUsd === undefined ? {} : { budgetUsd };
  const input = { itemId: item.itemId, ...verdict, ...stored, ...more };
  const result = await tell(parts, item, input);
  if (item.budget && result.verdict === 'approve') await tellGoalsUnder(parts, item.budget.account, item.goalId);
  return result;
}

/** Refuses what says nothing of an item of this kind. */
function checkKind(
  { kind }: StoredApproval,
  { verdict, scope, note }: Pick<Decide, 'verdict' | 'scope' | 'note'>,
): void {
  const refuse = (path: string, message: string) =>
    refusal('control.invalid', 'The decision', [{ code: 'custom', path, message }]);
  if (scope === 'goal' && kind !== 'tool') throw refuse('scope', `holds for tools only, this is a ${kind}`);
  if (kind === 'question' && verdict === 'approve' && note === undefined)
    throw refuse('note', 'is missing: it is the answer to the question');
}

/** Who comes after the verdict has been acted on is told of it too. */
async function tell(parts: ClientParts, { id, goalId }: StoredApproval, input: DecideInput): Promise<DecideResult> {
  const isOpen = async () => (await find(parts, id)).state === 'open';
  try {
    return await untilCaughtUp(
      () => tellOnce(parts, goalId, input),
      async (refusal) => refusal === 'approval.unknown' && isOpen(),
    );
  } catch (error) {
    const code = codeOf(error);
    const late = code === 'approval.unknown' || code === 'goal.closed' ? lateFor(await find(parts, id)) : undefined;
    if (late) return late;
    throw error;
  }
}

async function tellOnce(parts: ClientParts, goalId: string, input: DecideInput): Promise<DecideResult> {
  if (conversationOf(goalId) === undefined) return tellGoal(parts, goalId, { update: decideUpdate, input });
  const decided = await parts.workflows.update(goalId, decideUpdate, input);
  if (decided === 'gone') throw unknown(`${goalId}#${input.itemId}`);
  return decided;
}

/** The verdict that is in the store. */
function lateFor({ state, decidedBy, decidedAt, scope }: StoredApproval): DecideResult | undefined {
  if (decidedBy === null || decidedAt === null) return undefined;
  const verdict = state === 'approved' ? 'approve' : 'deny';
  return { applied: false, verdict, by: decidedBy, atMs: Date.parse(decidedAt), scope: scope ?? 'once' };
}

/** Approves the plan of the goal that waits. Errors: as `decideApproval`; `approval.unknown` when none does. */
export async function approvePlanOf(parts: ClientParts, goalId: string, raw: PlanDecision): Promise<DecideResult> {
  const decision = checkInput(planSchema, raw, { what: 'The decision' });
  return decidePlan(parts, goalId, { verdict: 'approve', ...decision });
}

/** Rejects it: with feedback the manager plans again, without the goal ends. Errors: as `approvePlanOf`. */
export async function rejectPlanOf(parts: ClientParts, goalId: string, raw: PlanRejection): Promise<DecideResult> {
  const { feedback: note, ...decision } = checkInput(rejectSchema, raw, { what: 'The decision' });
  return decidePlan(parts, goalId, { verdict: 'deny', ...decision, ...(note === undefined ? {} : { note }) });
}

async function decidePlan(
  parts: ClientParts,
  goalId: string,
  decision: Omit<Decide, 'hash'> & PlanDecision,
): Promise<DecideResult> {
  const items = await listApprovals(parts, { goalId });
  const item = items.find(({ kind }) => kind === 'plan');
  if (!item) throw unknown(goalId);
  return decideApproval(parts, item.id, { ...decision, hash: decision.hash ?? item.hash });
}

async function find(parts: ClientParts, given: string): Promise<StoredApproval> {
  const id = String(given);
  const at = id.indexOf('#');
  const [workflowId, itemId] = [id.slice(0, at), id.slice(at + 1)];
  const goalId = conversationOf(workflowId) === undefined ? workflowId.slice(goalWorkflowId('').length) : workflowId;
  const isOurs = isGoalId(conversationOf(goalId) ?? goalId) && workflowId === workflowIdOf(goalId);
  const isId = at > 0 && isOurs && /^[\w.+-]{1,64}$/.test(itemId);
  const item = isId ? await parts.store.approvals.get(parts.tenant, goalId, itemId) : undefined;
  if (item) return item;
  throw unknown(id);
}

function viewOf({ revision: _r, turn: _t, index: _i, noteHash: _n, ...view }: StoredApproval): ApprovalView {
  return view;
}

function unknown(id: string): OrchestratorError {
  return new OrchestratorError('approval.unknown', `Nothing waits under ${JSON.stringify(id.slice(0, 80))}.`, {
    remedy: FAILURES['approval.unknown'].remedy,
  });
}
