/** A message as it is kept. Types only. */
import type { Json } from '../core/json.ts';

/** One message of a transcript. `position` orders within (goal, task, revision): opening 0.., then turn × 1000 + part. */
export interface TranscriptEntry {
  readonly revision: number;
  readonly position: number;
  readonly role: 'user' | 'assistant' | 'tool';
  /** API content (string or blocks). For role `tool`: one tool_result block. */
  readonly content: Json;
}
