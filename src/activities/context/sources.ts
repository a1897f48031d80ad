/** Which results a call is given, by its purpose, with their whole texts. Host side. */
import { pseudoTask } from '../../core/contracts/ids.ts';
import type { Plan } from '../../core/plan.ts';
import type { Store, TaskResult } from '../../store/store.ts';
import type { CallFacts } from './call-context.ts';
import type { Source } from './handover.ts';
import { planTask } from './plan-task.ts';

/** Id under which the deliverable is handed to the checker; no task can have it. */
export const DELIVERABLE = pseudoTask.synthesis;

type ResultStore = Pick<Store, 'results'>;

/** task: its dependencies. check: the result alone. replan, synthesis: all results. verify: deliverable and all results. */
export async function readSources(store: ResultStore, facts: CallFacts): Promise<readonly Source[]> {
  const { input, plan } = facts;
  if (!plan || input.purpose === 'plan') return [];
  if (input.purpose === 'task') return resultsOf(store, facts, dependenciesOf(plan, input.taskId));
  if (input.purpose === 'check') return [await subjectOf(store, facts, input.subject?.taskId ?? '')].flat();
  const ids = plan.tasks.map((task) => task.id);
  const all = [...(await resultsOf(store, facts, ids)), ...unfinishedOf(plan, input)];
  return input.purpose === 'verify' ? [...(await subjectOf(store, facts, DELIVERABLE)), ...all] : all;
}

/** Tasks without a result; why is handed over as data, since it can be an agent's own words. */
function unfinishedOf(plan: Plan, { unfinished = [] }: CallFacts['input']): Source[] {
  const titles = new Map(plan.tasks.map((task) => [task.id, task.title]));
  return unfinished.map(({ taskId, status, reason }) => ({
    task: taskId,
    title: titles.get(taskId) ?? taskId,
    status,
    output: reason,
  }));
}

function dependenciesOf(plan: Plan, taskId: string): readonly string[] {
  return planTask(plan, taskId)?.dependsOn ?? [];
}

async function subjectOf(store: ResultStore, facts: CallFacts, taskId: string): Promise<Source[]> {
  const { goalId, tenant, subject } = facts.input;
  const result = await store.results.get(tenant, goalId, taskId, subject?.revision ?? 0);
  return result ? [sourceOf(facts, result)] : [];
}

async function resultsOf(store: ResultStore, facts: CallFacts, taskIds: readonly string[]): Promise<Source[]> {
  if (taskIds.length === 0) return [];
  const { goalId, tenant, unfinished = [] } = facts.input;
  const missing = new Set(unfinished.map((task) => task.taskId));
  const results = await store.results.latest(tenant, goalId, taskIds);
  const byTask = new Map(results.map((result) => [result.taskId, result]));
  const wanted = taskIds.flatMap((id) => (missing.has(id) ? [] : (byTask.get(id) ?? [])));
  return wanted.map((result) => sourceOf(facts, result));
}

function sourceOf({ plan }: CallFacts, { taskId, text }: TaskResult): Source {
  const title = (plan && planTask(plan, taskId)?.title) ?? 'The deliverable';
  return { task: taskId, title, status: 'done', output: text };
}
