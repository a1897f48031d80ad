/** A checker's answer: every criterion judged, every quote looked up in what was checked. Host side. */
import { judgeCheck } from '../../agents/judge-check.ts';
import { checkAnswerSchema } from '../../core/submission.ts';
import type { NewEvent } from '../../store/store.ts';
import { prepareBlob } from '../blob.ts';
import { type AnswerContext, commonOutcome, type Interpretation, textOf } from './interpretation.ts';

/** What was checked: the criteria in order, and the texts that quotes may come from, by source id. */
export interface CheckedMaterial {
  readonly criteria: readonly string[];
  readonly sources: ReadonlyMap<string, string>;
}

/** Interprets an answer to a check or verification request. */
export function interpretCheck(context: AnswerContext, material: CheckedMaterial): Interpretation {
  const common = commonOutcome(context);
  if (common) return { outcome: common };
  const answer = checkAnswerSchema.safeParse(parseJson(context.earlierText + textOf(context.message)));
  if (!answer.success) return unusable(answer.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  const judged = judgeCheck(answer.data, material);
  const feedback = judged.feedback === null ? undefined : prepareBlob(judged.feedback);
  const { total, pass, fail, unverified, passed } = judged;
  const taskId = context.input.purpose === 'verify' ? null : (context.input.subject?.taskId ?? null);
  return {
    outcome: {
      kind: 'verdict',
      verdict: { passed, criteria: { total, pass, fail, unverified }, ...(feedback ? { feedback: feedback.ref } : {}) },
    },
    blobs: feedback ? [feedback.bytes] : [],
    criteria: { taskId, rows: judged.rows.map((row) => ({ ...row, taskId })) },
    events: verdictEvents(context, { total, pass, fail, unverified, passed }),
  };
}

function verdictEvents(context: AnswerContext, data: Readonly<Record<string, number | boolean>>): NewEvent[] {
  const { purpose, subject, endsTask } = context.input;
  if (purpose === 'verify' || !subject)
    return [{ type: 'verify-end', data: { ...data, revision: subject?.revision ?? 0 } }];
  const { taskId } = subject;
  const checked: NewEvent = { type: 'task-check', taskId, data: { ...data, revision: subject.revision } };
  return data.passed && endsTask ? [checked, { type: 'task-end', taskId, data: { status: 'done' } }] : [checked];
}

function unusable(problems: readonly string[]): Interpretation {
  const feedback = prepareBlob(`The answer does not fit: ${problems.slice(0, 5).join('; ')}`);
  return { outcome: { kind: 'verdict-rejected', feedback: feedback.ref }, blobs: [feedback.bytes] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
