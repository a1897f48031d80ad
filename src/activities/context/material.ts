/** What a checker's answer is judged by: criteria in order and the texts quotes may come from. Host side, pure. */
import type { CheckedMaterial } from '../interpret/check.ts';
import type { CallFacts } from './call-context.ts';
import type { Source } from './handover.ts';
import { planTask } from './plan-task.ts';
import { DELIVERABLE } from './sources.ts';

/**
 * Criteria of the task under check, or of the goal, and the texts that evidence may come from: the result, or the
 * deliverable; the results themselves only when nothing was written from them.
 */
export function checkedMaterial(facts: CallFacts, sources: readonly Source[]): CheckedMaterial {
  const deliverable = sources.filter((source) => source.task === DELIVERABLE);
  const done = sources.filter((source) => source.status === 'done');
  const evidence = deliverable.length > 0 ? deliverable : done;
  return { criteria: criteriaOf(facts), sources: new Map(evidence.map((source) => [source.task, source.output])) };
}

/** Criteria that the call holds its subject against; none for other purposes. */
export function criteriaOf({ input, plan }: CallFacts): readonly string[] {
  if (!plan) return [];
  if (input.purpose === 'verify') return plan.acceptanceCriteria;
  if (input.purpose !== 'check') return [];
  return planTask(plan, input.subject?.taskId ?? '')?.acceptanceCriteria ?? [];
}
