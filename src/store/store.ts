/** The store as the other rooms see it: one interface over one PostgreSQL schema. Types only. */
import type { ApprovalView, PlanReady } from '../core/approval.ts';
import type { CallModelInput, CallModelResult, ToolCall, TurnOutcome } from '../core/contracts/calls.ts';
import type { Census, FinalStatus, GoalStatus } from '../core/contracts/goal.ts';
import type { BlobRef } from '../core/contracts/refs.ts';
import type { Usage } from '../core/contracts/usage.ts';
import type { GoalEvent } from '../core/events.ts';
import type {
  BudgetAccount,
  CappedAccount,
  CriterionView,
  GoalDetail,
  GoalRequest,
  GoalResult,
  GoalSummary,
  TaskRun,
} from '../core/goal.ts';
import type { Json } from '../core/json.ts';
import type { Plan } from '../core/plan.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { Admission, CallGate, CallRequest, Entry, FailedRequest, NewAccount } from './admission.ts';
import type { BatchCalls } from './batch-calls.ts';
import type { CapacityCall, CapacityNote } from './capacity-types.ts';
import type { ConversationStore } from './conversation-store.ts';
import type { Forecasts } from './forecast-types.ts';
import type { Forks } from './fork-types.ts';
import type { NewEvent } from './new-event.ts';
import type { NewGoal, StartedGoal } from './new-goal.ts';
import type { ScheduleStore } from './schedule-store.ts';
import type { TranscriptEntry } from './transcript-entry.ts';

export type { NewEvent } from './new-event.ts';
export type { NewGoal, StartedGoal } from './new-goal.ts';
export type { TranscriptEntry } from './transcript-entry.ts';

/** Identity of one model call. */
export interface CallId {
  readonly goalId: string;
  readonly tenant: string;
  readonly taskId: string;
  readonly revision: number;
  readonly turn: number;
}

/** A model call that came back, with everything its transaction writes. */
export interface FinishedCall {
  readonly id: CallId;
  readonly purpose: CallModelInput['purpose'];
  readonly agent: string;
  readonly result: Omit<CallModelResult, 'recorded'>;
  readonly requestId: string | null;
  readonly stopReason: string;
  /** The attempt that was admitted; what it holds is settled. Absent: nothing was held. */
  readonly attempt?: string;
  readonly transcript: readonly TranscriptEntry[];
  readonly events: readonly NewEvent[];
  /** Text of the answer that was not published yet: goes out with the record, and is not stored. */
  readonly liveText?: string;
  /** Texts that the outcome refers to. Stored in the same transaction. */
  readonly blobs: readonly Uint8Array[];
  /** Set when the outcome is a submitted result (or a deliverable, under the pseudo task `_synthesis`). */
  readonly taskResult?: { readonly output: BlobRef; readonly summary: string; readonly evidence: readonly string[] };
  /** Set when the outcome is an accepted plan. */
  readonly plan?: { readonly ref: BlobRef; readonly revision: number; readonly plan: Plan };
  /** Set when the outcome is a verdict: replaces the criteria rows of `taskId` (null: the goal's own). */
  readonly criteria?: { readonly taskId: string | null; readonly rows: readonly CriterionView[] };
}

/** What the journal knows of a call before it is made. */
export type JournalState =
  | { readonly state: 'recorded'; readonly result: CallModelResult }
  /** `failures`: requests of this call that failed so far in a way that counts. */
  | { readonly state: 'open'; readonly requestsSent: number; readonly failures: number };

/** A task's accepted or latest result. */
export interface TaskResult {
  readonly taskId: string;
  readonly revision: number;
  readonly output: BlobRef;
  readonly text: string;
  readonly summary: string;
  readonly evidence: readonly string[];
}

/** A tool call's journal state. `intent` without an end means that an earlier attempt died in between. */
export type ToolState =
  | { readonly state: 'new' }
  | { readonly state: 'intent' }
  | { readonly state: 'done'; readonly isError: boolean; readonly bytes: number };

export interface ToolCallId extends CallId {
  readonly index: number;
}

export interface GoalFilter {
  readonly tenant: string;
  readonly status?: readonly GoalStatus[];
  readonly tag?: string;
  /** At most this many, newest first; 1 to 1,000, default 50. */
  readonly limit?: number;
  /** Goals created before this goal (id), for paging. */
  readonly before?: string;
}

export interface GoalEnd {
  readonly goalId: string;
  readonly tenant: string;
  readonly status: FinalStatus;
  readonly reason?: string;
  /** A blob that is stored, or the text that is stored with the end. */
  readonly deliverable?: BlobRef | Uint8Array;
  readonly census: Census;
  readonly events: readonly NewEvent[];
}

/** Totals of a goal from the usage ledger. */
export interface GoalTotals {
  readonly modelCalls: number;
  readonly toolCalls: number;
  readonly usage: Usage;
  readonly costMicroUsd: number;
  /** The most that requests without an answer can have cost beside it. */
  readonly unknownMicroUsd: number;
  /** What answers to calls that were recorded already have cost beside it. */
  readonly duplicateMicroUsd: number;
  /** What answers through batches would have cost more as live calls; absent: there were none. */
  readonly savedMicroUsd?: number;
}

/** What is halted: a goal, all goals of a tenant (`goalId: '*'`), or all there are (both `*`). */
export interface HaltScope {
  readonly tenant: string;
  readonly goalId: string;
}

/** A halt that holds. `since` is ISO 8601 in UTC. */
export interface Halt extends HaltScope {
  readonly by: string;
  readonly reason: string;
  readonly since: string;
}

/** Which work items. */
export interface ApprovalFilter {
  readonly tenant: string;
  readonly goalId?: string;
  /** Only those that wait; default false. */
  readonly open?: boolean;
  /** At most this many, newest first; 1 to 1,000, default 100. */
  readonly limit?: number;
}

/** A work item as it is stored: where its arguments stand, and the hash of the note that came with the verdict. */
export interface StoredApproval extends ApprovalView {
  readonly revision: number | null;
  readonly turn: number | null;
  readonly index: number | null;
  readonly noteHash: string | null;
}

/** The relational store. Every method is one transaction; errors of the connection are `store.unavailable` failures. */
/** A goal that Temporal may not know. `scheduleId`: of the schedule whose tick made it. */
export interface UnstartedGoal {
  readonly goalId: string;
  readonly tenant: string;
  readonly createdAt: Date;
  readonly scheduleId: string | null;
}

/** A goal that has not ended. Times are ISO 8601 in UTC. */
export interface OpenGoal {
  readonly goalId: string;
  readonly status: GoalStatus;
  readonly awaiting: string | null;
  readonly createdAt: string;
  /** When it began to wait last, whether or not it still does. */
  readonly awaitingSince: string | null;
}

export interface Store {
  readonly goals: {
    /** Inserts the goal, or finds the one with the same key. Other body under the same key: `goal.idempotency-conflict`. */
    create(goal: NewGoal): Promise<StartedGoal>;
    request(tenant: string, goalId: string): Promise<GoalRequest | undefined>;
    /** Pins the snapshot (stored once) and title, and appends `goal-start`; the first call wins, later ones get what was pinned. */
    open(goal: {
      goalId: string;
      tenant: string;
      title: string;
      snapshot: Snapshot;
      parentAccount?: string;
    }): Promise<{ snapshot: string; parentAccount: string | null }>;
    /** Accepted by us but not (yet) known to Temporal: `queued` for longer than `olderThanMs`. */
    unstarted(olderThanMs: number): Promise<readonly UnstartedGoal[]>;
    setStatus(tenant: string, goalId: string, status: GoalStatus, awaiting?: string | null): Promise<void>;
    /** Final state, census and last events in one transaction; a second call changes nothing. */
    close(end: GoalEnd): Promise<void>;
    list(filter: GoalFilter): Promise<readonly GoalSummary[]>;
    detail(tenant: string, goalId: string): Promise<GoalDetail | undefined>;
    totals(tenant: string, goalId: string): Promise<GoalTotals>;
    /** In the plan's order. */
    taskRuns(tenant: string, goalId: string): Promise<readonly TaskRun[]>;
    openCount(): Promise<number>;
    /** Goals of the tenant that have not ended, oldest first, at most `limit`. */
    openGoals(tenant: string, limit: number): Promise<readonly OpenGoal[]>;
  };
  readonly blobs: {
    put(tenant: string, bytes: Uint8Array): Promise<BlobRef>;
    /** `store.not-found` when missing. */
    get(tenant: string, hash: string): Promise<Uint8Array>;
    getText(tenant: string, hash: string): Promise<string>;
  };
  readonly snapshots: { get(tenant: string, hash: string): Promise<Snapshot> };
  readonly plans: {
    /** Stores an accepted plan that came from no call (given, fallback); fills the read model's tasks, appends `events`. */
    accept(plan: {
      tenant: string;
      goalId: string;
      revision: number;
      plan: Plan;
      source: string;
      events?: readonly NewEvent[];
    }): Promise<BlobRef>;
    get(tenant: string, hash: string): Promise<Plan>;
    /** What was said of a plan when it was accepted; undefined when it is not there. */
    ready(tenant: string, goalId: string, revision: number): Promise<PlanReady | undefined>;
    /** The plan accepted last. */
    current(tenant: string, goalId: string): Promise<{ ref: BlobRef; revision: number; plan: Plan } | undefined>;
  };
  /** Goals made from others. */
  readonly forks: Forks;
  readonly forecasts: Forecasts;
  readonly journal: {
    lookUp(id: CallId): Promise<JournalState>;
    /** Looks the call up, takes room for its request and admits it, in one round trip. */
    enter(id: CallId, request: CallRequest, gate: CallGate): Promise<Entry>;
    /** Counts and holds a request that is about to be sent, in one round trip, or says why it is not to be. */
    admit(id: CallId, request: CallRequest): Promise<Admission>;
    /** Counts a request that failed and ends what it held; returns the failures so far. */
    fail(id: CallId, failed: FailedRequest): Promise<{ failures: number }>;
    /** An attempt has ended without answer or failure (cancelled, say): ends what it held. */
    abandon(id: CallId, end: { readonly attempt: string; readonly billed: boolean }): Promise<void>;
    /** Records the call once, with all that belongs to it; a call already recorded is returned as it was. */
    record(call: FinishedCall): Promise<CallModelResult>;
    /** Tool calls of a recorded turn. */
    toolCall(id: CallId, index: number): Promise<{ call: ToolCall; input: Json }>;
    outcome(id: CallId): Promise<TurnOutcome | undefined>;
  };
  readonly transcripts: {
    /** All entries of a task up to and with `revision`, in order. */
    read(tenant: string, goalId: string, taskId: string, revision: number): Promise<readonly TranscriptEntry[]>;
  };
  readonly tools: {
    /** Looks the call up and, when it is new, writes the intent. */
    begin(id: ToolCallId, tool: { name: string; effect: string; argsHash: string }): Promise<ToolState>;
    /** Whether one of `tasks` has called one of `tools`, here or in the goal that its result was taken over from. */
    anyCalled(
      tenant: string,
      goalId: string,
      of: { tasks: readonly string[]; tools: readonly string[] },
    ): Promise<boolean>;
    /** Outcome, transcript entry and event in one transaction; the first outcome stays. */
    finish(
      id: ToolCallId,
      end: { isError: boolean; content: Json; bytes: number; events: readonly NewEvent[] },
    ): Promise<void>;
  };
  /** Results with their texts; a text that is gone is `store.not-found`. */
  readonly results: {
    /** Latest result per task. */
    latest(tenant: string, goalId: string, taskIds: readonly string[]): Promise<readonly TaskResult[]>;
    get(tenant: string, goalId: string, taskId: string, revision: number): Promise<TaskResult | undefined>;
  };
  readonly events: {
    append(tenant: string, goalId: string, events: readonly NewEvent[]): Promise<void>;
    /** Events after `afterSeq`, at most `limit`. */
    read(tenant: string, goalId: string, afterSeq: number, limit?: number): Promise<readonly GoalEvent[]>;
    /** Stored events after `afterSeq`, then live ones with text deltas, until `goal-end` or the signal. */
    watch(
      tenant: string,
      goalId: string,
      options?: { afterSeq?: number; signal?: AbortSignal },
    ): AsyncIterable<GoalEvent>;
    /** What the goal came to, once it has ended, without reading what happens on the way; undefined when the signal aborts. */
    ended(tenant: string, goalId: string, signal?: AbortSignal): Promise<GoalResult | undefined>;
    /** Live text, not stored; at most 7 KB a call are sent, losing one costs nothing. */
    publishDelta(goalId: string, taskId: string, text: string): Promise<void>;
  };
  readonly batches: BatchCalls;
  /** Accounts with a limit, in chains: settled + reserved ≤ cap in each. `journal.admit` holds, `journal.record` settles. */
  readonly budget: {
    /** Makes an account; one that is there stays as it is. Goals make theirs when they open. */
    openAccount(tenant: string, account: NewAccount): Promise<void>;
    /** Raises the cap; never lowers it. Gives the account as it is; undefined when there is none with a cap. */
    raise(tenant: string, account: string, microUsd: number): Promise<CappedAccount | undefined>;
    /** Undefined when there is no such account. */
    read(tenant: string, account: string): Promise<BudgetAccount | undefined>;
    /** Accounts other than goals', newest month first. */
    list(tenant: string): Promise<readonly BudgetAccount[]>;
    /** Open goals that spend from the account. */
    goalsUnder(tenant: string, account: string): Promise<readonly string[]>;
    /** Settles as unknown what requests sent longer ago than any can take still hold, and all of ended goals. Gives how many. */
    sweep(olderThanMs: number): Promise<number>;
  };
  /** Room per model, shared by all processes: its breaker, its limits, and the line of calls that wait. */
  readonly capacity: {
    /** A place in the line for a call that was sent and told to wait. */
    wait(call: CapacityCall, waitMs: number): Promise<{ readonly announce: boolean }>;
    note(model: string, note: CapacityNote): Promise<void>;
    /** A request failed: when the last `tolerated` have, the breaker opens for `holdMs`, but for one probe per interval. */
    strike(model: string, rule: { readonly holdMs: number; readonly tolerated: number }): Promise<void>;
    /** A probe was answered: closes the breaker. */
    clear(model: string): Promise<void>;
  };
  /** The kill switch, which every worker reads once a second. */
  readonly halts: {
    /** A second one of the same scope replaces the first. */
    set(halt: Omit<Halt, 'since'>): Promise<void>;
    /** False when there was none. */
    clear(scope: HaltScope): Promise<boolean>;
    list(): Promise<readonly Halt[]>;
  };
  /** Conversations with the manager. Their calls, budget and events are kept as a goal's, under their key. */
  readonly conversations: ConversationStore;
  readonly schedules: ScheduleStore;
  readonly approvals: {
    list(filter: ApprovalFilter): Promise<readonly StoredApproval[]>;
    /** The latest asking under this id. */
    get(tenant: string, goalId: string, itemId: string): Promise<StoredApproval | undefined>;
  };
  /** Applies the migrations under an advisory lock. */
  migrate(): Promise<void>;
  /** Round trip, for health checks. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
