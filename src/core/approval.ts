/** Work items as people see them. Types only. */
import type { ApprovalKind, OnExpiry } from './contracts/approvals.ts';
import type { BudgetAsk } from './contracts/budget-ask.ts';
import type { Range } from './contracts/goal.ts';
import type { Json } from './json.ts';
import type { Plan } from './plan.ts';
import type { Effect } from './policy.ts';

/** `closed`: the goal ended before anybody decided. */
export type ApprovalState = 'open' | 'approved' | 'denied' | 'withdrawn' | 'closed';

/** One thing that people are or were asked. Times are ISO 8601 in UTC. */
export interface ApprovalView {
  /** `goal-<goal id>#<item id>`. */
  readonly id: string;
  readonly goalId: string;
  readonly goalTitle: string;
  readonly itemId: string;
  readonly kind: ApprovalKind;
  readonly title: string;
  /** sha-256 of all that is approved: to be given back with the verdict. */
  readonly hash: string;
  readonly taskId: string | null;
  readonly tool: string | null;
  /** Of a budget: the account, what it may spend and has spent, and what is needed. */
  readonly budget: BudgetAsk | null;
  readonly state: ApprovalState;
  readonly onExpiry: OnExpiry;
  readonly askedAt: string;
  readonly expiresAt: string | null;
  readonly remindedAt: string | null;
  readonly escalatedAt: string | null;
  /** A person, or `expiry`. */
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  readonly scope: 'once' | 'goal' | null;
}

/** What is expected of a plan: as its `plan-ready` event says it. */
export interface PlanReady {
  /** 10th to 90th percentile. */
  readonly forecast: { readonly costMicroUsd: Range; readonly durationMs: Range };
  readonly source: string;
  /** `effect`: the strongest one that a tool of the task's agent has. */
  readonly tasks: readonly { readonly id: string; readonly effect: Effect | null }[];
}

/** All that a person needs to decide. */
export interface ApprovalDetail extends ApprovalView {
  /** A tool's exact arguments, or an agent's question; null for plans. */
  readonly arguments: Json;
  readonly plan: Plan | null;
  /** Of a plan: its forecast, and what its agents may do. */
  readonly outlook: PlanReady | null;
  /** The reason or the answer that came with the verdict. */
  readonly note: string | null;
}
