/** What it takes to send a request, and what the budget says to it. Types only. */
import type { CallModelResult } from '../core/contracts/calls.ts';
import type { TenantBudget } from '../core/tenant-budget.ts';
import type { CapacityCall, CapacityPass, CapacityPlace, CapacityRules } from './capacity-types.ts';
import type { NewEvent } from './new-event.ts';

/** What a request that is to be sent needs. */
export interface CallRequest {
  /** Names this execution of the activity, and no other. */
  readonly attempt: string;
  /** The most the request can cost; held in every account above the goal until the attempt has ended. */
  readonly worstMicroUsd: number;
  /** Absent: the tenant has no limit of its own. */
  readonly tenantBudget?: TenantBudget;
  /** Appended at the call's first request. */
  readonly events: readonly NewEvent[];
}

/** Whether a request may be sent. Unless `admitted`, nothing was counted or held. */
export type Admission =
  | { readonly state: 'admitted'; readonly requestsSent: number }
  /** Another attempt has recorded the call meanwhile. */
  | { readonly state: 'recorded'; readonly result: CallModelResult }
  /** The goal has ended. */
  | { readonly state: 'closed' }
  | ({ readonly state: 'refused' } & BudgetRefusal);

/** What a request has to pass besides the budget. */
export interface CallGate {
  /** Requests of the call that may fail. */
  readonly maxFailures: number;
  readonly call: CapacityCall;
  readonly rules: CapacityRules;
}

/** What became of a call that wants to be sent. */
export type Entry =
  | { readonly state: 'recorded'; readonly result: CallModelResult }
  /** So many of its requests have failed before. */
  | { readonly state: 'exhausted'; readonly failures: number }
  | { readonly state: 'no-room'; readonly place: CapacityPlace }
  /** There was room, and it is taken also when the request is not admitted. */
  | { readonly state: 'passed'; readonly pass: CapacityPass; readonly admission: Admission };

/** The account that does not hold a request. */
export interface BudgetRefusal {
  readonly account: string;
  readonly capMicroUsd: number;
  readonly settledMicroUsd: number;
  readonly reservedMicroUsd: number;
  /** The part of `reservedMicroUsd` that other goals hold. */
  readonly othersMicroUsd: number;
}

/** A request that failed. */
export interface FailedRequest {
  readonly type: string;
  readonly message: string;
  /** False for 429, 529 and the like. */
  readonly counts: boolean;
  readonly attempt: string;
  /** Whether it may have been billed: then what it held is spent, as far as anybody knows. */
  readonly billed: boolean;
}

/** A new account; see core/contracts/budget.ts for its name. */
export interface NewAccount {
  readonly account: string;
  /** Null: no limit of its own. */
  readonly capMicroUsd: number | null;
  /** The account that is charged as well; the tenant's of the month always is. */
  readonly parent?: string;
  readonly warnShare: number;
}
