/** What a checker's answer is judged by: criteria in order and the texts quotes may come from. Host side, pure. */
import { goalCriteria } from '../../tasks/goal-criteria.ts';
import type { CheckedMaterial } from '../interpret/check.ts';
import type { Source } from './handover.ts';
import type { CallFacts } from './load-context.ts';

/** Criteria of the task under check, or of the goal; sources with their whole texts. */
export function checkedMaterial(facts: CallFacts, sources: readonly Source[]): CheckedMaterial {
  return { criteria: criteriaOf(facts), sources: new Map(sources.map((source) => [source.task, source.output])) };
}

/** Criteria that the call holds its subject against; none for other purposes. */
export function criteriaOf({ input, plan }: CallFacts): readonly string[] {
  if (!plan) return [];
  if (input.purpose === 'verify') return goalCriteria(plan);
  if (input.purpose !== 'check') return [];
  return plan.tasks.find((task) => task.id === input.subject?.taskId)?.acceptanceCriteria ?? [];
}
