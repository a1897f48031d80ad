/** A goal without money waits: for a verdict on its work item, a raise, its own limit, or the tenant's next month. Workflow side. */
import { CancellationScope, condition } from '@temporalio/workflow';
import type { ApprovalRequest, ApprovalTerms } from '../../core/contracts/approvals.ts';
import { accountIn } from '../../core/contracts/budget.ts';
import { askForMoney, hashOfAsk, titleOfAsk } from '../../core/contracts/budget-ask.ts';
import { APPROVAL_TERMS } from './approvals.ts';
import { endAwaiting, startAwaiting } from './awaiting.ts';
import type { BudgetWatch } from './budget-gate.ts';
import type { GoalRun } from './goal-run.ts';
import { mustDrain } from './history-length.ts';
import { label } from './label.ts';

/** What the budget gate of the goal is told. `run` is asked for when there is something to tell. */
export function watchBudget(run: () => GoalRun): BudgetWatch {
  /** The wait that goes on, if one does; each is an object of its own. */
  let wait: object | undefined;
  return {
    usedUp() {
      if (run().opened.limits.onBudget === 'partial') return 'end';
      startAwaiting(run(), 'budget', run().budgetReason);
      if (wait) return 'wait';
      const mine = {};
      wait = mine;
      run().moneySinceMs ??= Date.now();
      startWait(run(), () => wait !== mine || run().closing);
      return 'wait';
    },
    wentOn() {
      wait = undefined;
      delete run().moneySinceMs;
      withdrawAsks(run());
      endAwaiting(run(), 'budget');
    },
  };
}

/** Cancelling a task must not stop it. */
function startWait(run: GoalRun, isOver: () => boolean): void {
  const ask = requestFor(run);
  const leftMs = leftOfWait(run);
  const monthMs = accountIn(run.budgetReason)?.startsWith('tenant/') ? msToNextMonth() : Number.POSITIVE_INFINITY;
  if (monthMs < leftMs) after(monthMs, isOver, () => run.budget.raised());
  else if (!ask) after(leftMs, isOver, () => giveUp(run));
  if (!ask) return;
  run.approvals.forgetDecided('budget');
  const terms = termsFor(run, monthMs);
  void CancellationScope.nonCancellable(async () => {
    const decision = await run.approvals.ask(ask, terms, () => {
      // Tasks that wait are set aside when the history has become long.
      mustDrain(run);
      return isOver();
    });
    // An approval has raised the account by now: see decide.ts.
    if (decision?.verdict === 'deny' && !run.closing) giveUp(run);
  });
}

/** Of the goal's own limit, in milliseconds; runs of the workflow do not begin it anew. */
function leftOfWait({ opened, moneySinceMs = Date.now() }: GoalRun): number {
  const { budgetWaitMs = Number.POSITIVE_INFINITY } = opened.limits;
  return Math.max(1, moneySinceMs + budgetWaitMs - Date.now());
}

function after(ms: number, isOver: () => boolean, act: () => void): void {
  if (ms === Number.POSITIVE_INFINITY) return;
  void CancellationScope.nonCancellable(async () => {
    if (!(await condition(isOver, ms))) act();
  });
}

/** It ends with what is there. */
function giveUp(run: GoalRun): void {
  run.budget.giveUp();
  endAwaiting(run, 'budget');
}

/** The work item; the same in the next run of the workflow, as its facts are. Absent when no raise can help. */
function requestFor(run: GoalRun): ApprovalRequest | undefined {
  const budget = askForMoney(run.budget.refusals);
  if (!budget) return undefined;
  const itemId = `budget.${budget.capMicroUsd}`;
  return { itemId, kind: 'budget', title: label(titleOfAsk(budget)), hash: hashOfAsk(budget), budget };
}

/** The goal's own limit on the wait goes before what holds for all items; for a month that begins anew nobody gives up. */
function termsFor(run: GoalRun, monthMs: number): ApprovalTerms {
  const { approvals = APPROVAL_TERMS } = run.opened.limits;
  const leftMs = leftOfWait(run);
  if (leftMs < Number.POSITIVE_INFINITY && leftMs <= monthMs)
    return { ...approvals, onExpiry: 'deny', expiresAfterMs: leftMs };
  if (monthMs === Number.POSITIVE_INFINITY || approvals.onExpiry !== 'deny') return approvals;
  return { ...approvals, onExpiry: 'wait' };
}

/** Money has come some other way. */
function withdrawAsks({ approvals }: GoalRun): void {
  for (const { kind, itemId } of approvals.open) if (kind === 'budget') approvals.forget(itemId);
}

function msToNextMonth(): number {
  const now = new Date();
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1) - now.getTime();
}
