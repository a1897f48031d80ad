/** The deliverable when no synthesis was asked for or it failed: the results themselves, joined. Host side. */
import type { Unfinished } from '../core/contracts/calls.ts';
import type { TaskRun } from '../core/goal.ts';
import type { Plan } from '../core/plan.ts';
import type { Store } from '../store/store.ts';

/** What to join. `unfinished` may name the first ones only: which are done is read off `runs`. */
export interface JoinInput {
  readonly goalId: string;
  readonly tenant: string;
  readonly plan: Plan;
  readonly runs: readonly TaskRun[];
  readonly unfinished: readonly Unfinished[];
}

/** Results that no other finished task builds on, under their titles; undefined when there is none. Reads no other text. */
export async function joinResults(store: Store, input: JoinInput): Promise<Uint8Array | undefined> {
  const { goalId, tenant, plan, runs, unfinished } = input;
  const done = new Set(runs.filter(({ status }) => status === 'done').map(({ taskId }) => taskId));
  const finished = plan.tasks.filter(({ id }) => done.has(id));
  const used = new Set(finished.flatMap((task) => task.dependsOn));
  const ends = new Map(finished.filter(({ id }) => !used.has(id)).map(({ id, title }) => [id, title]));
  const results = await store.results.latest(tenant, goalId, [...ends.keys()]);
  if (results.length === 0) return undefined;
  const texts = new Map(results.map(({ taskId, text }) => [taskId, text]));
  const parts = [...ends].map(([id, title]) => `## ${title} [${id}]\n\n${texts.get(id) ?? ''}`);
  const gaps = unfinished.map((task) => `- ${task.taskId}: ${task.status} (${task.reason})`);
  const unnamed = plan.tasks.length - finished.length - gaps.length;
  if (unnamed > 0) gaps.push(`- and ${unnamed} more`);
  const notes = gaps.length > 0 ? [`## Not done\n\n${gaps.join('\n')}`] : [];
  return Buffer.from([`# ${plan.title}`, ...parts, ...notes].join('\n\n'), 'utf8');
}
