/** One change of the plan that waits, put together by questions. Host side, terminal only. */

import type { Plan, PlanTask } from '../../core/plan.ts';
import type { EditOperationInput } from '../../core/plan-edit.ts';
import { safeLine } from '../view/safe-text.ts';

/** What a person can change so; the rest goes by `orchestrator goals edit <goal> --file`. */
const CHANGES = [
  { value: 'instructions', label: 'What it is to do' },
  { value: 'agent', label: 'Who does it' },
  { value: 'tier', label: 'How good a model' },
  { value: 'remove', label: 'Take it out', hint: 'what depends on it no longer does' },
] as const;

/** The operations; undefined when the person thinks better of it. */
export async function askForEdit(plan: Plan, signal: AbortSignal): Promise<readonly EditOperationInput[] | undefined> {
  const { isCancel, select } = await import('@clack/prompts');
  const options = plan.tasks.map(({ id, title }) => ({ value: id, label: `${id}: ${safeLine(title)}` }));
  const taskId = await select({ message: 'Which task?', signal, options });
  const task = plan.tasks.find(({ id }) => id === taskId);
  if (isCancel(taskId) || !task) return undefined;
  const what = await select({ message: 'What of it?', signal, options: [...CHANGES] });
  if (isCancel(what)) return undefined;
  if (what === 'remove') return removal(plan, task.id);
  const value = await newValue(task, what, signal);
  return value === undefined ? undefined : [{ op: 'change', taskId: task.id, [what]: value }];
}

/** Without the task, and what depended on it depends on what it depended on. */
export function removal({ tasks }: Plan, taskId: string): readonly EditOperationInput[] {
  const gone = tasks.find(({ id }) => id === taskId);
  const changes = tasks.flatMap(({ id, dependsOn }): EditOperationInput[] => {
    if (!dependsOn.includes(taskId)) return [];
    const others = dependsOn.filter((each) => each !== taskId);
    return [{ op: 'change', taskId: id, dependsOn: [...new Set([...others, ...(gone?.dependsOn ?? [])])] }];
  });
  return [...changes, { op: 'remove', taskId }];
}

async function newValue(
  task: PlanTask,
  what: 'instructions' | 'agent' | 'tier',
  signal: AbortSignal,
): Promise<string | undefined> {
  const { isCancel, select, text } = await import('@clack/prompts');
  const tiers = (['fast', 'balanced', 'deep'] as const).map((value) => ({ value, label: value }));
  const answer =
    what === 'tier'
      ? await select({ message: 'On which tier?', signal, initialValue: task.tier, options: tiers })
      : await text({
          message: what === 'agent' ? 'By which agent?' : 'What is it to do?',
          signal,
          initialValue: task[what],
        });
  return isCancel(answer) || !answer.trim() ? undefined : answer;
}
