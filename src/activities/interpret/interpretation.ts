/** What an answer of the model comes to, with all that is recorded beside it. Types only. */
import type Anthropic from '@anthropic-ai/sdk';
import type { AgentDefinition } from '../../core/agent.ts';
import type { CallModelInput, TurnOutcome } from '../../core/contracts/calls.ts';
import type { ForecastHistory } from '../../core/forecast.ts';
import type { Plan } from '../../core/plan.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import type { FinishedCall, NewEvent, Store } from '../../store/store.ts';

/** An answer and what is needed to judge it. */
export interface AnswerContext {
  readonly input: CallModelInput;
  readonly message: Anthropic.Message;
  readonly snapshot: Snapshot;
  readonly goalText: string;
  /** The accepted plan; absent while there is none. */
  readonly plan?: Plan;
  /** The agent that spoke. */
  readonly agent: AgentDefinition;
  /** Text of the same revision's earlier turns, for answers that were cut and went on. */
  readonly earlierText: string;
  /** The agent's turn before this one had no tool call either, and it was told so. */
  readonly nudged: boolean;
  /** The conversation has outgrown the window before and was shortened. */
  readonly overflowed: boolean;
  /** Whether what comes from outside is in the agent's context. */
  readonly trust: 'trusted' | 'untrusted';
  /** plan, replan: what earlier goals came to. */
  readonly history?: ForecastHistory;
  readonly store: Store;
}

/** The outcome and its companions in the call's transaction. */
export interface Interpretation {
  readonly outcome: TurnOutcome;
  readonly blobs?: readonly Uint8Array[];
  readonly events?: readonly NewEvent[];
  readonly taskResult?: FinishedCall['taskResult'];
  readonly plan?: FinishedCall['plan'];
  readonly criteria?: FinishedCall['criteria'];
}

/** Text blocks of a message, joined. */
export function textOf(message: Anthropic.Message): string {
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

const OVERFLOW: TurnOutcome = {
  kind: 'refused',
  type: 'model.context-overflow',
  reason: 'the conversation is over the model’s window, also when shortened',
};

/** Outcomes that every purpose shares: refusals, full windows (shortened once), cut and paused answers. */
export function commonOutcome({
  message,
  overflowed,
}: Pick<AnswerContext, 'message' | 'overflowed'>): TurnOutcome | undefined {
  switch (message.stop_reason) {
    case 'refusal':
      return { kind: 'refused', reason: message.stop_details?.category ?? 'declined' };
    case 'model_context_window_exceeded':
      return overflowed ? OVERFLOW : { kind: 'continue', why: 'overflowed' };
    case 'pause_turn':
      return { kind: 'continue', why: 'paused' };
    case 'max_tokens':
      return { kind: 'continue', why: 'truncated' };
    default:
      return undefined;
  }
}
