/** Inputs and results of the activities that reach Claude and the tools: ids and references only. Sandbox-safe types. */
import type { PackedSkeleton, Tier } from './plan.ts';
import type { BlobRef } from './refs.ts';
import type { Usage } from './usage.ts';

/** Why the model is called. */
export type CallPurpose = 'plan' | 'replan' | 'task' | 'check' | 'synthesis' | 'verify' | 'chat';

/** How a revision of a (pseudo) task begins: fresh, on the checker's feedback (`note`), or fresh after a failure (`reason`). */
export interface Opening {
  readonly kind: 'start' | 'revise' | 'retry';
  readonly note?: BlobRef;
  /** At most MAX_LABEL_BYTES. */
  readonly reason?: string;
}

/** A task the manager must know did not succeed. */
export interface Unfinished {
  readonly taskId: string;
  readonly status: 'failed' | 'skipped' | 'cancelled';
  /** At most MAX_LABEL_BYTES. */
  readonly reason: string;
}

/** One model call. Its identity, the journal key, is goalId/taskId/revision/turn. */
export interface CallModelInput {
  readonly goalId: string;
  readonly tenant: string;
  /** Hash of the snapshot the goal is pinned to. */
  readonly snapshot: string;
  readonly purpose: CallPurpose;
  /** A plan task's id, or the pseudo task of the purpose: see `pseudoTask` in ids.ts. */
  readonly taskId: string;
  readonly revision: number;
  /** From 1 in each revision. */
  readonly turn: number;
  readonly agent: string;
  readonly tier: Tier;
  readonly effort: 'S' | 'M' | 'L';
  /** Hash of the accepted plan; absent for the first planning. */
  readonly plan?: string;
  readonly opening: Opening;
  /** check: whose result is judged. verify: the synthesis revision that is judged. */
  readonly subject?: { readonly taskId: string; readonly revision: number };
  /** plan: hash of the plan that a person sent back and that is no answer of this conversation. */
  readonly rejected?: string;
  /** replan, synthesis, verify: what did not succeed. At most 50 entries. */
  readonly unfinished?: readonly Unfinished[];
  /** replan: tasks that have started and so cannot be touched. */
  readonly frozen?: readonly string[];
  /** Hashes of what people said meanwhile, taken up with this turn. At most 20. */
  readonly notes?: readonly string[];
  /** task, check: whether an accepted outcome ends the task, so that its `task-end` event goes into the same transaction. */
  readonly endsTask?: boolean;
}

/** A tool call the model asked for; its arguments stay in the transcript. */
export interface ToolCall {
  /** Position in the turn, from 0. */
  readonly index: number;
  readonly id: string;
  readonly name: string;
  /** sha-256 of the canonical JSON of the arguments. */
  readonly argsHash: string;
  /** Set when a person must decide: what the verdict is bound to, and what is asked in one line. */
  readonly asks?: { readonly kind: 'tool' | 'question'; readonly hash: string; readonly title: string };
}

/** A judged check: counts and, when it did not pass, the feedback for the next revision. */
export interface VerdictSummary {
  readonly passed: boolean;
  readonly criteria: {
    readonly total: number;
    readonly pass: number;
    readonly fail: number;
    readonly unverified: number;
  };
  readonly feedback?: BlobRef;
}

/** What one model call came to, interpreted in the activity and recorded with it. */
export type TurnOutcome =
  | { readonly kind: 'tools'; readonly calls: readonly ToolCall[]; readonly submitted: boolean }
  | { readonly kind: 'submitted'; readonly result: BlobRef; readonly implicit: boolean }
  | { readonly kind: 'blocked'; readonly reason: string }
  | {
      readonly kind: 'continue';
      readonly why: 'no-submission' | 'truncated' | 'paused' | 'invalid-submission' | 'overflowed';
    }
  | { readonly kind: 'plan'; readonly skeleton: PackedSkeleton }
  | { readonly kind: 'plan-rejected'; readonly problems: readonly string[]; readonly feedback: BlobRef }
  | { readonly kind: 'verdict'; readonly verdict: VerdictSummary }
  | { readonly kind: 'verdict-rejected'; readonly feedback: BlobRef }
  | { readonly kind: 'deliverable'; readonly deliverable: BlobRef }
  | { readonly kind: 'replied' }
  | { readonly kind: 'refused'; readonly reason: string; readonly type?: 'model.context-overflow' };

/** Result of `callModel`. */
export interface CallModelResult {
  readonly outcome: TurnOutcome;
  readonly model: string;
  readonly usage: Usage;
  readonly costMicroUsd: number;
  /** It came through a batch, at half the price of tokens. */
  readonly batch?: true;
  /** True when the journal answered and nothing was sent. */
  readonly recorded: boolean;
}

/** One tool call of a recorded turn. */
export interface RunToolInput {
  readonly goalId: string;
  readonly tenant: string;
  readonly snapshot: string;
  readonly taskId: string;
  readonly revision: number;
  readonly turn: number;
  readonly index: number;
  readonly agent: string;
  /** Hash of the plan the task belongs to. */
  readonly plan: string;
  /** What a person decided on this call; absent: nobody was asked. */
  readonly decision?: {
    readonly verdict: 'approve' | 'deny';
    readonly by: string;
    readonly hash: string;
    readonly note?: BlobRef;
  };
}

/** Result of `runTool`; the content is in the transcript. */
export interface RunToolResult {
  readonly isError: boolean;
  readonly bytes: number;
}
