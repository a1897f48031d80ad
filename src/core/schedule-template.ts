/** Goal templates: where variables may stand, which there are, and their values put in. Pure, host side. */
import type { GoalRequest } from './goal.ts';

/** Variables that every schedule has. */
export const BUILT_IN_VARIABLES = ['date', 'time', 'scheduledAt', 'lastResult', 'lastStatus'] as const;

/** A goal request with `{{variables}}` in its text and in the texts of its plan. */
export type GoalTemplate = Omit<GoalRequest, 'idempotencyKey' | 'forkOf'>;

const VARIABLE = /\{\{\s*([A-Za-z][A-Za-z0-9_]{0,31})\s*\}\}/g;

/** The names that the template's texts use. */
export function variablesIn(template: GoalTemplate): ReadonlySet<string> {
  const names = new Set<string>();
  mapTexts(template, (text) => {
    for (const [, name] of text.matchAll(VARIABLE)) names.add(name ?? '');
    return text;
  });
  return names;
}

/** Puts the values in, once: what a value holds is not looked at again. Names without a value stay as they are. */
export function render(template: GoalTemplate, values: Readonly<Record<string, string>>): GoalTemplate {
  const fill = (text: string) =>
    text.replace(VARIABLE, (whole, name: string) => (Object.hasOwn(values, name) ? (values[name] ?? whole) : whole));
  return mapTexts(template, fill);
}

function mapTexts(template: GoalTemplate, change: (text: string) => string): GoalTemplate {
  const { text, plan } = template;
  if (!plan) return { ...template, text: change(text) };
  const tasks = plan.tasks.map((task) => ({
    ...task,
    title: change(task.title),
    instructions: change(task.instructions),
    acceptanceCriteria: task.acceptanceCriteria.map(change),
  }));
  const changed = {
    ...plan,
    title: change(plan.title),
    tasks,
    acceptanceCriteria: plan.acceptanceCriteria.map(change),
  };
  return { ...template, text: change(text), plan: changed };
}
