/** What a goal asks people for, and what they answer: work items with an id, a hash and an expiry. Sandbox-safe. */
import { isBudgetUsd } from './budget.ts';
import type { BudgetAsk } from './budget-ask.ts';
import type { BlobRef } from './refs.ts';

/** `plan`: may this plan run? `tool`: may this call be made? `question`: an agent asks. `budget`: may more be spent? */
export type ApprovalKind = 'plan' | 'tool' | 'question' | 'budget';
/** When nobody decides in time: go on waiting, take it as denied, or tell those who are named for it and go on waiting. */
export type OnExpiry = 'wait' | 'deny' | 'escalate';
/** A question is answered by `approve` with a note; a person may also `deny` to answer it. */
export type Verdict = 'approve' | 'deny';

/** One thing that a person is asked. Texts stay in the store: a tool's arguments in its turn, a plan in its blob. */
export interface ApprovalRequest {
  /** Unique within the goal and the same when it is asked again, e.g. after the workflow continued as new. */
  readonly itemId: string;
  readonly kind: ApprovalKind;
  /** What is asked, in one line; at most MAX_LABEL_BYTES. */
  readonly title: string;
  /** sha-256 of all that is approved; a verdict for another hash is refused. */
  readonly hash: string;
  readonly taskId?: string;
  /** Where the tool call stands, or which plan it is. */
  readonly revision?: number;
  readonly turn?: number;
  readonly index?: number;
  /** A tool's name, so that `scope: 'goal'` can be given for it. */
  readonly tool?: string;
  /** What more may be spent, of kind `budget`. */
  readonly budget?: BudgetAsk;
}

/** When and how an item that nobody decides is dealt with. Times in ms from when it was asked; absent: never. */
export interface ApprovalTerms {
  readonly onExpiry: OnExpiry;
  readonly expiresAfterMs?: number;
  readonly remindAfterMs?: number;
}

/** What was decided. `by` is a person, or `expiry`. */
export interface Decision {
  readonly verdict: Verdict;
  readonly by: string;
  readonly atMs: number;
  /** `goal`: the same tool need not be asked for again in this goal. */
  readonly scope: 'once' | 'goal';
  /** The answer to a question, or the reason of a verdict. */
  readonly note?: BlobRef;
}

/** Argument of `decideUpdate`. */
export interface DecideInput {
  readonly itemId: string;
  readonly verdict: Verdict;
  /** The hash that the person saw. */
  readonly hash: string;
  readonly author: string;
  readonly scope?: 'once' | 'goal';
  readonly note?: BlobRef;
  /** With the approval of kind `budget`: the account's new limit. Default: what is asked for. */
  readonly budgetUsd?: number;
}

/** Answer of `decideUpdate`: the verdict that holds; `applied` is false when somebody else's came first. */
export interface DecideResult extends Omit<Decision, 'note'> {
  readonly applied: boolean;
}

/** An item as it survives continue-as-new. */
export interface CarriedApproval {
  readonly request: ApprovalRequest;
  readonly terms: ApprovalTerms;
  readonly askedAtMs: number;
  readonly reminded: boolean;
  readonly escalated: boolean;
  readonly decision?: Decision;
}

/** Longest name of an author, in UTF-16 units. */
const MAX_AUTHOR_LENGTH = 100;

/** Whether `value` can be the name of somebody who acts: 1 to 100 characters. */
export function isAuthor(value: unknown): value is string {
  return typeof value === 'string' && value.trim().length > 0 && value.length <= MAX_AUTHOR_LENGTH;
}

/** Whether `value` refers to a blob. */
export function isBlobRef(value: unknown): value is BlobRef {
  if (typeof value !== 'object' || value === null) return false;
  const { hash, bytes, ...rest } = value as Record<string, unknown>;
  if (Object.keys(rest).length > 0 || typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) return false;
  return Number.isSafeInteger(bytes) && (bytes as number) >= 0;
}

/** The shape check of `decideUpdate`; by hand, as zod stays out of workflows. Extra members are refused. */
export function isDecideInput(value: unknown): value is DecideInput {
  if (typeof value !== 'object' || value === null) return false;
  const { itemId, verdict, hash, author, scope, note, budgetUsd, ...rest } = value as Record<string, unknown>;
  if (Object.keys(rest).length > 0 || typeof itemId !== 'string' || typeof hash !== 'string') return false;
  if (verdict !== 'approve' && verdict !== 'deny') return false;
  if (scope !== undefined && scope !== 'once' && scope !== 'goal') return false;
  if (budgetUsd !== undefined && (verdict !== 'approve' || !isBudgetUsd(budgetUsd))) return false;
  return isAuthor(author) && (note === undefined || isBlobRef(note));
}
