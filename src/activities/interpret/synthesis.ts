/** The manager's deliverable, as plain Markdown. Host side, pure. */
import { prepareBlob } from '../blob.ts';
import { type AnswerContext, commonOutcome, type Interpretation, textOf } from './interpretation.ts';

/** Interprets an answer to a synthesis request; an answer that was cut is joined with what came before. */
export function interpretSynthesis(context: AnswerContext): Interpretation {
  const common = commonOutcome(context);
  if (common) return { outcome: common };
  const text = (context.earlierText + textOf(context.message)).trim();
  if (text === '') return { outcome: { kind: 'refused', reason: 'the answer was empty' } };
  const deliverable = prepareBlob(text);
  return {
    outcome: { kind: 'deliverable', deliverable: deliverable.ref },
    blobs: [deliverable.bytes],
    taskResult: { output: deliverable.ref, summary: '', evidence: [] },
    events: [{ type: 'deliverable-ready', data: { bytes: deliverable.ref.bytes, revision: context.input.revision } }],
  };
}
