/** The rules between the tasks of a plan: ids, agents, dependencies, cycles. Reads raw values, so that one answer to a
 * broken plan can name all that is wrong. Pure; runs on the host. */
import { stripInvisible } from '../core/invisible.ts';
import type { PlanProblem } from '../core/plan.ts';
import { findCycle, type Linked } from './graph.ts';
import { listNames, problem, show } from './plan-problem.ts';
import { asFields } from './plan-shape.ts';

/** What the rules need of one task; fields of a wrong type are left out and reported by the schema. */
interface Draft {
  readonly id?: string;
  readonly agent?: string;
  readonly dependsOn: readonly string[];
}

/** Longest id that is folded for comparison; longer ones are refused by the schema anyway. */
const MAX_FOLDED = 256;
const MAX_CYCLE_SHOWN = 8;

/** Every broken rule between tasks. `raw` is the plan's list of tasks; sizes have been checked. */
export function ruleProblems(raw: readonly unknown[], agents: readonly string[]): PlanProblem[] {
  const drafts = raw.map(draftOf);
  const positions = new Map<string, number>();
  for (const [position, { id }] of drafts.entries()) {
    if (id !== undefined && !positions.has(id)) positions.set(id, position);
  }
  return [
    ...duplicateIds(drafts),
    ...unknownAgents(drafts, agents),
    ...badDependencies(drafts, positions),
    ...cycles(drafts, positions),
  ];
}

function draftOf(raw: unknown): Draft {
  const task = asFields(raw);
  const list = Array.isArray(task?.dependsOn) ? (task.dependsOn as unknown[]) : [];
  return {
    ...(typeof task?.id === 'string' ? { id: task.id } : {}),
    ...(typeof task?.agent === 'string' ? { agent: task.agent } : {}),
    dependsOn: list.map((item) => (typeof item === 'string' ? item : '')),
  };
}

/** Ids that are one and the same to the eye: letter case, Unicode form, blanks and invisible characters do not count. */
function duplicateIds(drafts: readonly Draft[]): PlanProblem[] {
  const problems: PlanProblem[] = [];
  const first = new Map<string, number>();
  for (const [position, { id }] of drafts.entries()) {
    if (id === undefined || id.length > MAX_FOLDED) continue;
    const folded = stripInvisible(id.normalize('NFKC')).trim().toLowerCase().normalize('NFKC');
    const other = first.get(folded);
    if (other === undefined) {
      first.set(folded, position);
      continue;
    }
    const same = `${show(id)} is the same id as that of tasks[${other}]`;
    const rule = 'letter case, Unicode form and invisible characters do not tell ids apart';
    problems.push(
      problem('plan.duplicate-id', `tasks[${position}].id`, `${same} (${rule}). Give each task its own id.`),
    );
  }
  return problems;
}

function unknownAgents(drafts: readonly Draft[], agents: readonly string[]): PlanProblem[] {
  const known = new Set(agents);
  return drafts.flatMap(({ agent }, position) => {
    if (agent === undefined || known.has(agent)) return [];
    const text = `There is no agent ${show(agent)}. Use one of: ${listNames(agents)}.`;
    return [problem('plan.unknown-agent', `tasks[${position}].agent`, text)];
  });
}

function badDependencies(drafts: readonly Draft[], positions: ReadonlyMap<string, number>): PlanProblem[] {
  return drafts.flatMap(({ id, dependsOn }, position) => {
    const seen = new Set<string>();
    return dependsOn.flatMap((dependency, i) => {
      const path = `tasks[${position}].dependsOn[${i}]`;
      const name = show(dependency);
      if (seen.has(dependency)) {
        return [problem('plan.duplicate-dependency', path, `${name} is named twice. Name each dependency once.`)];
      }
      seen.add(dependency);
      if (dependency === id) {
        return [
          problem('plan.self-dependency', path, `The task depends on itself. Remove ${name} from its dependsOn.`),
        ];
      }
      if (positions.has(dependency)) return [];
      const text = `No task of this plan has the id ${name}. Use the exact id of a task of the plan, or remove it.`;
      return [problem('plan.unknown-dependency', path, text)];
    });
  });
}

function cycles(drafts: readonly Draft[], positions: ReadonlyMap<string, number>): PlanProblem[] {
  const linked = drafts.map(
    ({ dependsOn }, position): Linked => ({
      dependsOn: dependsOn
        .map((id) => positions.get(id))
        .filter((at): at is number => at !== undefined && at !== position),
    }),
  );
  const cycle = findCycle(linked);
  if (!cycle) return [];
  const names = cycle.slice(0, MAX_CYCLE_SHOWN).map((position) => show(drafts[position]?.id));
  const more = cycle.length > MAX_CYCLE_SHOWN ? [`… (${cycle.length} tasks in all)`] : [];
  const chain = [...names, ...more, names[0]].join(' → ');
  const text = `These tasks wait for each other: ${chain}. Remove one of these dependencies.`;
  return [problem('plan.cycle', `tasks[${cycle[0]}].dependsOn`, text)];
}
