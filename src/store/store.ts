/** The store as the other rooms see it: one interface over one PostgreSQL schema. Types only. */
import type { CallModelInput, CallModelResult, ToolCall, TurnOutcome } from '../core/contracts/calls.ts';
import type { Census, FinalStatus, GoalStatus } from '../core/contracts/goal.ts';
import type { BlobRef } from '../core/contracts/refs.ts';
import type { Usage } from '../core/contracts/usage.ts';
import type { EventType, GoalEvent } from '../core/events.ts';
import type { CriterionView, GoalBudget, GoalDetail, GoalRequest, GoalSummary } from '../core/goal.ts';
import type { Json } from '../core/json.ts';
import type { Plan } from '../core/plan.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** Identity of one model call. */
export interface CallId {
  readonly goalId: string;
  readonly tenant: string;
  readonly taskId: string;
  readonly revision: number;
  readonly turn: number;
}

/** An event to append; `number` (workflow events only) makes the insert idempotent by (goal, number). */
export interface NewEvent {
  readonly type: EventType;
  readonly taskId?: string;
  readonly data: Readonly<Record<string, Json>>;
  readonly number?: number;
  /** ms since the epoch; default: the database's clock. */
  readonly atMs?: number;
}

/** One message of a transcript. `position` orders within (goal, task, revision): opening 0.., then turn × 1000 + part. */
export interface TranscriptEntry {
  readonly revision: number;
  readonly position: number;
  readonly role: 'user' | 'assistant' | 'tool';
  /** API content (string or blocks). For role `tool`: one tool_result block. */
  readonly content: Json;
}

/** A model call that came back, with everything its transaction writes. */
export interface FinishedCall {
  readonly id: CallId;
  readonly purpose: CallModelInput['purpose'];
  readonly agent: string;
  readonly result: Omit<CallModelResult, 'recorded'>;
  readonly requestId: string | null;
  readonly stopReason: string;
  /** The call holds a reservation, which its cost settles. */
  readonly reserved?: boolean;
  readonly transcript: readonly TranscriptEntry[];
  readonly events: readonly NewEvent[];
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

/** Permission of a model's breaker to send a request now. */
export type GatePass =
  /** `probe`: the gate is blocked and this caller tries it; its success should `clear` the gate. */
  { readonly open: true; readonly probe: boolean } | { readonly open: false; readonly retryInMs: number };

export interface StartedGoal {
  readonly goalId: string;
  /** False when the idempotency key named an existing goal. */
  readonly created: boolean;
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
  readonly deliverable?: BlobRef;
  readonly census: Census;
  readonly events: readonly NewEvent[];
}

/** Totals of a goal from the usage ledger. */
export interface GoalTotals {
  readonly modelCalls: number;
  readonly toolCalls: number;
  readonly usage: Usage;
  readonly costMicroUsd: number;
}

/** Whether a reservation was taken, and the account after it. `warns`: the warning is due. */
export interface BudgetGrant extends GoalBudget {
  readonly granted: boolean;
  readonly warns: boolean;
}

/** The relational store. Every method is one transaction; errors of the connection are `store.unavailable` failures. */
export interface Store {
  readonly goals: {
    /** Inserts the goal, or finds the one with the same key. Other body under the same key: `goal.idempotency-conflict`. */
    create(goal: { goalId: string; tenant: string; request: GoalRequest; simulated: boolean }): Promise<StartedGoal>;
    request(tenant: string, goalId: string): Promise<GoalRequest | undefined>;
    /** Pins the snapshot (stored once) and title; the first call wins, later ones get what was pinned. */
    open(goal: { goalId: string; tenant: string; title: string; snapshot: Snapshot }): Promise<{ snapshot: string }>;
    /** Accepted by us but not (yet) known to Temporal: `queued` for longer than `olderThanMs`. */
    unstarted(olderThanMs: number): Promise<readonly { goalId: string; tenant: string }[]>;
    setStatus(tenant: string, goalId: string, status: GoalStatus, awaiting?: string | null): Promise<void>;
    /** Final state, census and last events in one transaction; a second call changes nothing. */
    close(end: GoalEnd): Promise<void>;
    list(filter: GoalFilter): Promise<readonly GoalSummary[]>;
    detail(tenant: string, goalId: string): Promise<GoalDetail | undefined>;
    totals(tenant: string, goalId: string): Promise<GoalTotals>;
    openCount(): Promise<number>;
  };
  readonly blobs: {
    put(tenant: string, bytes: Uint8Array): Promise<BlobRef>;
    /** `store.not-found` when missing. */
    get(tenant: string, hash: string): Promise<Uint8Array>;
    getText(tenant: string, hash: string): Promise<string>;
  };
  readonly snapshots: { get(tenant: string, hash: string): Promise<Snapshot> };
  readonly plans: {
    /** Stores an accepted plan that came from no call (given, fallback); fills the read model's tasks. */
    accept(plan: { tenant: string; goalId: string; revision: number; plan: Plan; source: string }): Promise<BlobRef>;
    get(tenant: string, hash: string): Promise<Plan>;
    /** The plan accepted last. */
    current(tenant: string, goalId: string): Promise<{ ref: BlobRef; revision: number; plan: Plan } | undefined>;
  };
  readonly journal: {
    lookUp(id: CallId): Promise<JournalState>;
    /** Counts a request that is about to be sent; appends `events` (task-start) at the call's first. */
    countRequest(id: CallId, events: readonly NewEvent[]): Promise<{ requestsSent: number }>;
    /** Counts a request that failed; returns the failures so far. `counts: false` for 429, 529 and the like. */
    countFailure(
      id: CallId,
      failure: { type: string; message: string; counts: boolean },
    ): Promise<{ failures: number }>;
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
    /** Outcome, transcript entry and event in one transaction; the first outcome stays. */
    finish(
      id: ToolCallId,
      end: { isError: boolean; content: Json; bytes: number; events: readonly NewEvent[] },
    ): Promise<void>;
  };
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
    /** Live text, not stored; at most 7 KB a call are sent, losing one costs nothing. */
    publishDelta(goalId: string, taskId: string, text: string): Promise<void>;
  };
  /** Accounts of goals with a budget: settled + reserved ≤ cap. `open` makes them, `journal.record` settles. */
  readonly budget: {
    /** Holds `microUsd` for the call, in one round trip, or refuses. Replaces what an earlier, dead attempt held. */
    reserve(id: CallId, microUsd: number): Promise<BudgetGrant>;
    /** The call was not made: gives back what it held. Harmless when it held nothing. */
    release(id: CallId): Promise<void>;
    /** Appends the `budget-warning`, once per cap. */
    warn(tenant: string, goalId: string): Promise<void>;
    /** Raises the cap; never lowers it. Gives the account as it is. */
    raise(tenant: string, goalId: string, microUsd: number): Promise<GoalBudget>;
    /** Undefined when the goal has no budget. */
    read(tenant: string, goalId: string): Promise<GoalBudget | undefined>;
  };
  /** Shared breaker per model: open while the model is overloaded, one probe per interval. */
  readonly gates: {
    pass(model: string, probeIntervalMs: number): Promise<GatePass>;
    /** Closes the gate to all for `blockMs`, but one probe per interval. */
    block(model: string, blockMs: number): Promise<void>;
    /** The model answered: opens the gate. */
    clear(model: string): Promise<void>;
  };
  /** Applies the migrations under an advisory lock. */
  migrate(): Promise<void>;
  /** Round trip, for health checks. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
