/** An edit's diff as lines that people read: one a change, long texts cut. Pure. */
import type { FieldChange, PlanDiff, TaskChange } from '../core/plan-edit.ts';

const SIGNS: Readonly<Record<TaskChange['kind'], string>> = {
  added: '+',
  removed: '-',
  changed: '~',
  skipped: 'x',
  retried: '>',
};
/** Characters of a value that are shown. */
const MAX_VALUE = 60;
/** Characters of the summary in one line. */
const MAX_SUMMARY = 160;

/** The changes, each field of a changed or retried task below it, then what follows from them. Texts are as they were given. */
export function diffLines({ changes, alsoSkipped, reopened }: PlanDiff): string[] {
  return [
    ...changes.flatMap(changeLines),
    ...alsoSkipped.map((id) => `x ${id}: skipped as well, since it needs a skipped task`),
    ...reopened.map((id) => `> ${id}: waits again`),
  ];
}

/** E.g. `added check, changed draft (agent, tier), skipped extra`. */
export function summaryOf({ changes }: Pick<PlanDiff, 'changes'>): string {
  const parts = changes.map(({ task, kind, fields }) => {
    const names = kind === 'added' || fields.length === 0 ? '' : ` (${fields.map(({ field }) => field).join(', ')})`;
    return `${kind} ${task}${names}`;
  });
  const text = parts.join(', ');
  return text.length <= MAX_SUMMARY ? text : `${text.slice(0, MAX_SUMMARY - 1)}…`;
}

function changeLines({ task, title, kind, fields }: TaskChange): string[] {
  const head = `${SIGNS[kind]} ${task}: ${kind} (${cut(title)})`;
  if (kind === 'added') {
    const shown = fields.filter(({ field }) => field === 'agent' || field === 'tier' || field === 'dependsOn');
    return [`${head} ${shown.map(({ field, after }) => `${field} ${textOf(after)}`).join(', ')}`];
  }
  return [head, ...fields.map(fieldLine)];
}

function fieldLine({ field, before, after }: FieldChange): string {
  return `    ${field}: ${textOf(before)} → ${textOf(after)}`;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : cut(value.join(', '));
  return cut(String(value));
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= MAX_VALUE ? line : `${line.slice(0, MAX_VALUE - 1)}…`;
}
