/** The deliverable when no synthesis was asked for or it failed: the results themselves, joined. Host side. */
import type { Unfinished } from '../core/contracts/calls.ts';
import type { Plan } from '../core/plan.ts';
import type { Store } from '../store/store.ts';

/** What to join. */
export interface JoinInput {
  readonly goalId: string;
  readonly tenant: string;
  readonly plan: Plan;
  readonly unfinished: readonly Unfinished[];
}

/** Results that no other finished task builds on, under their titles; undefined when there is none. */
export async function joinResults(store: Store, input: JoinInput): Promise<Uint8Array | undefined> {
  const { goalId, tenant, plan } = input;
  const results = await store.results.latest(
    tenant,
    goalId,
    plan.tasks.map((task) => task.id),
  );
  const byTask = new Map(results.map((result) => [result.taskId, result]));
  const missing = new Set(input.unfinished.map((task) => task.taskId));
  const finished = plan.tasks.filter((task) => byTask.has(task.id) && !missing.has(task.id));
  const used = new Set(finished.flatMap((task) => task.dependsOn));
  const ends = finished.filter((task) => !used.has(task.id));
  if (ends.length === 0) return undefined;
  const parts = ends.map(({ id, title }) => `## ${title} [${id}]\n\n${byTask.get(id)?.text ?? ''}`);
  const gaps = input.unfinished.map((task) => `- ${task.taskId}: ${task.status} (${task.reason})`);
  const notes = gaps.length > 0 ? [`## Not done\n\n${gaps.join('\n')}`] : [];
  return Buffer.from([`# ${plan.title}`, ...parts, ...notes].join('\n\n'), 'utf8');
}
