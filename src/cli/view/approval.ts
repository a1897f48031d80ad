/** One work item in plain lines: what is asked, the exact arguments, who decided. Pure. */
import type { ApprovalDetail, PlanReady } from '../../core/approval.ts';
import type { Effect } from '../../core/policy.ts';
import { formatDuration, formatUsd, plural } from './format.ts';
import { safeJson, safeLine, safeText } from './safe-text.ts';

/** Lines of `approvals show`. Everything that comes from a model is indented and made safe. */
export function approvalLines(item: ApprovalDetail): string[] {
  return [
    `${item.kind} ${item.id}`,
    ...fact('What', item.title),
    ...fact('State', item.decidedBy === null ? item.state : `${item.state} by ${item.decidedBy} at ${item.decidedAt}`),
    ...fact('Goal', `${item.goalId}  ${item.goalTitle}`),
    ...fact('Task', item.taskId),
    ...fact('Tool', item.tool),
    ...fact('Asked', item.askedAt),
    ...fact('Expires', item.expiresAt === null ? 'never' : `${item.expiresAt}, then: ${item.onExpiry}`),
    ...fact('Reminded', item.remindedAt),
    ...fact('Escalated', item.escalatedAt),
    ...fact('Hash', item.hash),
    ...budgetLines(item.budget),
    ...(item.arguments === null ? [] : ['Arguments, exactly:', ...indented(safeJson(item.arguments, 2))]),
    ...(item.plan === null ? [] : ['Plan:', ...planLines(item.plan, item.outlook), ...outlookLines(item.outlook)]),
    ...(item.note === null ? [] : ['Note:', ...indented(safeText(item.note))]),
  ];
}

function fact(name: string, value: string | null): string[] {
  return value === null ? [] : [`  ${name.padEnd(10)}${safeLine(value)}`];
}

/** The exact facts, and what an approval sets. */
function budgetLines(budget: ApprovalDetail['budget']): string[] {
  if (!budget) return [];
  const { account, capMicroUsd, settledMicroUsd, reservedMicroUsd, neededMicroUsd, calls } = budget;
  const held = reservedMicroUsd > 0 ? `, ${exactUsd(reservedMicroUsd)} held` : '';
  const needed = `up to ${exactUsd(neededMicroUsd)} for ${plural(calls, 'call')} that ${calls === 1 ? 'waits' : 'wait'}`;
  const [set, least] = [exactUsd(budget.raiseToMicroUsd), exactUsd(budget.leastMicroUsd)];
  return [
    ...fact('Account', account),
    ...fact('Limit', `${exactUsd(capMicroUsd)}, of it ${exactUsd(settledMicroUsd)} spent${held}`),
    ...fact('Needed', needed),
    ...fact('Approving', `sets ${set}, or what --budget <usd> says, at least ${least}`),
    ...fact('Denying', 'ends the goal with what is there'),
  ];
}

/** To the last micro-USD, cents at least. */
function exactUsd(microUsd: number): string {
  return `$${(microUsd / 1_000_000).toFixed(6).replace(/0{1,4}$/, '')}`;
}

/** What an agent may do at most, where that is worth a word. */
const EFFECT_WORDS: Readonly<Record<Effect, string>> = {
  pure: 'only reckons',
  read: 'may read',
  write: 'may write into the workspace',
  outward: 'MAY REACH OTHERS',
  destructive: 'MAY DO WHAT CANNOT BE UNDONE',
};

/** What the plan will probably cost and take. */
function outlookLines(outlook: PlanReady | null): string[] {
  if (!outlook) return [];
  const { costMicroUsd, durationMs } = outlook.forecast;
  return [
    `  Forecast: ${formatUsd(costMicroUsd.low)} to ${formatUsd(costMicroUsd.high)}, ${formatDuration(durationMs.low)} to ${formatDuration(durationMs.high)} (four of five goals)`,
  ];
}

function planLines(
  { title, tasks, acceptanceCriteria }: NonNullable<ApprovalDetail['plan']>,
  outlook: PlanReady | null,
): string[] {
  const effects = new Map(outlook?.tasks.map(({ id, effect }) => [id, effect]));
  return [
    `  ${safeLine(title)}`,
    ...tasks.flatMap((task) => [
      `  - ${task.id} (${safeLine(task.agent)}, ${task.tier}, ${task.effort}): ${safeLine(task.title)}`,
      ...effectLine(effects.get(task.id)),
      ...(task.dependsOn.length > 0 ? [`      after ${task.dependsOn.join(', ')}`] : []),
      ...task.acceptanceCriteria.map((criterion) => `      must: ${safeLine(criterion)}`),
    ]),
    ...acceptanceCriteria.map((criterion) => `  the goal must: ${safeLine(criterion)}`),
  ];
}

function effectLine(effect: Effect | null | undefined): string[] {
  return effect ? [`      its agent ${EFFECT_WORDS[effect]}`] : [];
}

function indented(text: string): string[] {
  return text.split('\n').map((line) => `  ${line}`);
}
