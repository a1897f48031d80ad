/** Which tasks of a fork have their result already, by the hash of all that it came from. Host side, pure. */
import type { WhyRun } from '../core/fork.ts';
import { canonicalJson } from '../core/json.ts';
import type { Plan, PlanTask } from '../core/plan.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { topologicalOrder } from './graph.ts';
import { taskSkeletons } from './skeleton.ts';

/** One goal as far as its results depend on it. */
export interface ForkSide {
  readonly plan: Plan;
  readonly goalText: string;
  readonly snapshot: Pick<Snapshot, 'promptVersion' | 'agents' | 'tiers' | 'tools'> & {
    readonly limits: Pick<Snapshot['limits'], 'verify'>;
  };
}

export interface ForkFacts {
  readonly before: ForkSide;
  readonly after: ForkSide;
  /** Hashes of the outputs of the original's tasks that are done. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly rerun: readonly string[];
  /** sha-256 in lower-case hex. */
  readonly hash: (text: string) => string;
}

/** `content`: hash of all that the result came from; only where the result is taken over. */
export type Fate =
  | { readonly reused: true; readonly content: string }
  | { readonly reused: false; readonly why: WhyRun };

/**
 * What becomes of every task of the new plan. A result is taken over when the original's task is done and its own parts
 * (goal text, prompts, agent, tools, model, texts, criteria, effort, dependencies) are the same, and the results it was
 * given are taken over too. A goal that checks each task takes over checked results only. Linear in the size of the plan.
 */
export function fatesOf(facts: ForkFacts): ReadonlyMap<string, Fate> {
  const { plan } = facts.after;
  const old = new Map(facts.before.plan.tasks.map((task) => [task.id, task]));
  const rerun = new Set(facts.rerun);
  const fates = new Map<string, Fate>();
  for (const position of topologicalOrder(taskSkeletons(plan.tasks))) {
    const task = plan.tasks[position];
    if (task) fates.set(task.id, fateOf(facts, task, { old: old.get(task.id), asked: rerun.has(task.id), fates }));
  }
  return fates;
}

interface Known {
  readonly old: PlanTask | undefined;
  readonly asked: boolean;
  readonly fates: ReadonlyMap<string, Fate>;
}

function fateOf(facts: ForkFacts, task: PlanTask, { old, asked, fates }: Known): Fate {
  const { before, after, outputs, hash } = facts;
  const run = (why: WhyRun): Fate => ({ reused: false, why });
  if (!old) return run('new');
  const own = ownParts(after, task);
  if (own !== ownParts(before, old)) return run('changed');
  if (asked) return run('asked');
  if (!outputs.has(task.id)) return run('not-done');
  if (isChecked(after, task) && !isChecked(before, old)) return run('unchecked');
  const given = task.dependsOn.map((id) => [fates.get(id), outputs.get(id)] as const);
  if (given.some(([fate]) => !fate?.reused)) return run('upstream');
  const inputs = given.map(([fate, output]) => [fate?.reused ? fate.content : '', output]);
  return { reused: true, content: hash(canonicalJson({ own, inputs })) };
}

/** All that shapes a task's work but the results it is given. When it runs, and what its failure does, is not of it. */
function ownParts({ goalText, snapshot }: ForkSide, task: PlanTask): string {
  const { promptVersion, agents, tiers, tools } = snapshot;
  const agent = agents.find(({ name }) => name === task.agent);
  const { id, title, instructions, acceptanceCriteria, effort, dependsOn } = task;
  return canonicalJson({
    ...{ goalText, promptVersion, agent, model: tiers[task.tier] },
    tools: tools.filter(({ name }) => agent?.tools.includes(name)),
    ...{ id, title, instructions, acceptanceCriteria, effort, dependsOn },
  });
}

function isChecked({ snapshot }: ForkSide, { acceptanceCriteria }: PlanTask): boolean {
  return snapshot.limits.verify === 'each-task' && acceptanceCriteria.length > 0;
}

/** Ids of the tasks whose results are taken over. */
export function reusedOf(fates: ReadonlyMap<string, Fate>): ReadonlySet<string> {
  return new Set([...fates].flatMap(([id, fate]) => (fate.reused ? [id] : [])));
}
