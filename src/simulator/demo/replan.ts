/** The demo's new plan after failures: what failed gets a substitute, all else stays. Pure. */
import { type Plan, planSchema } from '../../core/plan.ts';
import type { ParsedPrompt } from '../parse-prompt.ts';

/** The plan in force, as the request shows it. */
function currentPlan(text: string): Plan | undefined {
  const shown = /<current_plan>([\s\S]*?)<\/current_plan>/.exec(text)?.[1] ?? '';
  try {
    const parsed = planSchema.safeParse(JSON.parse(shown));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** The plan in force, with a substitute for each task that did not succeed. `fallback` when the request shows none. */
export function replan(prompt: ParsedPrompt, fallback: Plan): Plan {
  const current = currentPlan(prompt.requestText) ?? fallback;
  const failed = new Set(prompt.unfinished.map((one) => one.task));
  const substitute = (id: string): string => (failed.has(id) ? `${id.slice(0, 58)}-again` : id);
  const again = current.tasks
    .filter((task) => failed.has(task.id))
    .map((task) => ({ ...task, id: substitute(task.id), dependsOn: task.dependsOn.map(substitute) }));
  const kept = current.tasks.map((task) =>
    failed.has(task.id) ? task : { ...task, dependsOn: task.dependsOn.map(substitute) },
  );
  return { ...current, tasks: [...kept, ...again] };
}
