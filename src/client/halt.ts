/** The kill switch: halts a goal, the tenant or all, and lets them go on. Host side. */
import { z } from 'zod';
import { resumeSignal } from '../core/contracts/messages.ts';
import type { Halt, HaltScope } from '../store/store.ts';
import type { ClientParts } from './client-parts.ts';
import { openGoal } from './control-goal.ts';
import { OPEN_STATUSES } from './goal-statuses.ts';
import { authorField, checkInput, plainField } from './input-door.ts';
import { showGoal } from './read-goal.ts';

/** Goals that are told to go on at a release, by page. */
const PAGE = 500;

const targetSchema = z.union([z.strictObject({ goalId: z.string() }), z.enum(['tenant', 'all'])], {
  error: "is not { goalId }, 'tenant' or 'all'",
});
const reasonField = plainField.trim().min(1, 'is empty').max(200, 'is longer than 200 characters');
const whySchema = z.strictObject({ author: authorField, reason: reasonField });

/** Who halts, and why. */
export type HaltReason = z.input<typeof whySchema>;

/** What to halt: one goal, all goals of this tenant, or all goals of all tenants. */
export type HaltTarget = z.input<typeof targetSchema>;

/**
 * Nothing is sent or run any more within two seconds; calls in flight are cut, and count as spent at their worst price.
 * Goals wait until `release`. Errors: `control.invalid`, `goal.not-found`, `goal.closed`.
 */
export async function halt(parts: ClientParts, target: HaltTarget, why: HaltReason): Promise<void> {
  const { author, reason } = checkInput(whySchema, why, { what: 'The halt' });
  const scope = await scopeOf(parts, target);
  if (scope.goalId !== '*') await openGoal(parts, scope.goalId);
  await parts.store.halts.set({ ...scope, by: author, reason });
}

/** Takes the halt back and tells the goals that wait for it to go on; gives their ids. */
export async function release(parts: ClientParts, target: HaltTarget): Promise<readonly string[]> {
  await parts.store.halts.clear(await scopeOf(parts, target));
  const goals = typeof target === 'object' ? [target.goalId] : await waitingGoals(parts);
  const told = await Promise.all(
    goals.map(async (goalId) => ((await parts.workflows.signal(goalId, resumeSignal)) === 'sent' ? [goalId] : [])),
  );
  return told.flat();
}

/** What is halted now, the oldest first. */
export function listHalts(parts: ClientParts): Promise<readonly Halt[]> {
  return parts.store.halts.list();
}

async function scopeOf(parts: ClientParts, raw: HaltTarget): Promise<HaltScope> {
  const target = checkInput(targetSchema, raw, { what: 'The target of the halt' });
  if (target === 'all') return { tenant: '*', goalId: '*' };
  if (target === 'tenant') return { tenant: parts.tenant, goalId: '*' };
  const { goalId } = await showGoal(parts, target.goalId);
  return { tenant: parts.tenant, goalId };
}

/** Open goals of this tenant that wait since they were halted. A paused one stays paused. */
async function waitingGoals({ store, tenant }: ClientParts): Promise<string[]> {
  const found: string[] = [];
  for (let before: string | undefined; ; ) {
    const filter = { tenant, status: OPEN_STATUSES, limit: PAGE, ...(before === undefined ? {} : { before }) };
    const page = await store.goals.list(filter);
    const halted = page.filter((goal) => goal.awaiting === 'resume' && goal.reason?.startsWith('control.halted'));
    found.push(...halted.map((goal) => goal.goalId));
    before = page.at(-1)?.goalId;
    if (page.length < PAGE) return found;
  }
}
