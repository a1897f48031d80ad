/** What a model call is made of and judged by. Types only. */
import type Anthropic from '@anthropic-ai/sdk';
import type { AgentDefinition } from '../../core/agent.ts';
import type { CallModelInput } from '../../core/contracts/calls.ts';
import type { Usage } from '../../core/contracts/usage.ts';
import type { Plan } from '../../core/plan.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import type { Store, TranscriptEntry } from '../../store/store.ts';
import type { ToolCatalog } from '../../tools/catalog.ts';
import type { CheckedMaterial } from '../interpret/check.ts';
import type { AnswerContext } from '../interpret/interpretation.ts';
import type { Pinned } from '../pinned.ts';

/** What the parts of a context are read from. */
export interface ContextDeps {
  readonly store: Store;
  readonly pinned: Pinned;
  readonly catalog: ToolCatalog;
}

/** Facts about a call, read once. */
export interface CallFacts {
  readonly input: CallModelInput;
  readonly goalText: string;
  readonly snapshot: Snapshot;
  readonly plan?: Plan;
  /** A plan that a person sent back. */
  readonly rejected?: Plan;
  readonly agent: AgentDefinition;
}

/** Everything needed to make the call and to judge its answer. */
export interface CallContext {
  readonly input: CallModelInput;
  readonly model: string;
  readonly request: Anthropic.MessageCreateParamsNonStreaming;
  /** Entries that open this revision; recorded with its first turn. */
  readonly opening: readonly TranscriptEntry[];
  /** An upper bound of what the request can use, for answers that do not say. */
  readonly worstUsage: Usage;
  readonly toolNames: ReadonlySet<string>;
  readonly material: CheckedMaterial;
  readonly answer: Omit<AnswerContext, 'message'>;
}
