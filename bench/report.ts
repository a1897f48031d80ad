/** The figures of a run as Markdown tables. Benchmark only, pure. */
import type { Figures, Machine } from './figures.ts';
import type { KillFigures } from './measure-kill.ts';
import type { LargeFigures } from './measure-large.ts';
import type { PlanFigures } from './measure-plan.ts';
import type { RateFigures } from './measure-rate.ts';
import type { StepFigures } from './measure-steps.ts';
import { type Measure, measuresOf, reaches } from './measures.ts';

/** Calls a second that the highest standard tier of the API allows. */
const HIGHEST_TIER = 67;

/** Markdown, ends with a line break. */
export function report(figures: Figures): string {
  const { machine, plans, steps, rates, large, kill } = figures;
  const ofPlans = [ratioTable(plans), delayTable(plans), stepTable(steps)];
  const tables = [targetTable(measuresOf(figures)), ...ofPlans, rateTable(rates)];
  return [machineLines(machine), ...tables, largeTable(large), killTable(kill)].join('\n');
}

/** The cores being busy before anything began is said plainly: the figures then hold for a busy machine. */
function machineLines(machine: Machine): string {
  const { cores, loadBefore } = machine;
  const busy = Number(loadBefore.split(' ')[0]) > 0.25 * cores;
  return [
    `- \`${machine.command}\`, ${machine.date}`,
    `- ${machine.cpu}, ${cores} cores, ${machine.memoryGb} GiB, Node ${machine.node}, ${machine.platform}`,
    `- Load averages before: ${loadBefore}; after: ${machine.loadAfter}`,
    ...(busy ? ['- The machine was **not quiet**: other processes were running. Compare columns, not runs.'] : []),
    '',
  ].join('\n');
}

/** Only what is promised; the other measures are in the tables that follow. */
function targetTable(measures: readonly Measure[]): string {
  const rows = measures.flatMap((measure) => {
    const { name, value, target, aim, better, digits } = measure;
    if (target === undefined) return [];
    const bound = better === 'smaller' ? '≤' : '≥';
    const reached = aim !== undefined && reaches(measure, aim) ? 'aim' : 'target';
    return [
      [
        name,
        value.toFixed(digits),
        `${bound} ${target}`,
        aim === undefined ? '' : `${bound} ${aim}`,
        reaches(measure, target) ? reached : '**missed**',
      ],
    ];
  });
  return table(['promised', 'measured', 'target', 'aim', 'reached'], rows);
}

const ENGINES = ['floor', 'bare', 'ours'] as const;

function byPlan(plans: readonly PlanFigures[]): { plan: string; figures: PlanFigures[] }[] {
  const names = [...new Set(plans.map(({ plan }) => plan))];
  return names.map((plan) => ({
    plan,
    figures: ENGINES.flatMap((engine) => plans.filter((one) => one.plan === plan && one.engine === engine)),
  }));
}

function ratioTable(plans: readonly PlanFigures[]): string {
  const rows = byPlan(plans).map(({ plan, figures }) => [
    plan,
    `${figures[0]?.criticalPathMs ?? 0} ms`,
    ...figures.map(({ ratio }) => ratio.toFixed(3)),
    figures.at(-1)?.callsRatio.toFixed(3) ?? '',
  ]);
  return table(['makespan / critical path', 'critical path', ...ENGINES, 'ours, first to last call'], rows);
}

function delayTable(plans: readonly PlanFigures[]): string {
  const withDelays = byPlan(plans).filter(({ figures }) => figures.every(({ delayP50Ms }) => delayP50Ms !== null));
  const rows = withDelays.map(({ plan, figures }) => [
    plan,
    ...figures.map(({ delayP50Ms, delayP95Ms }) => `${delayP50Ms} / ${delayP95Ms}`),
  ]);
  return table(['last dependency done → next request, ms, p50 / p95', ...ENGINES], rows);
}

/** The middle rows are those of one step: between an answer and the next request. */
function stepTable(steps: readonly StepFigures[]): string {
  const row = (title: string, read: (one: StepFigures) => number) => [
    title,
    ...steps.map((one) => read(one).toFixed(1)),
  ];
  return table(
    ['a step of the chain, ms, p50', ...steps.map(({ engine }) => engine)],
    [
      row('asked for → first request', ({ opening }) => opening),
      row('answer → its activity has ended', ({ ending }) => ending),
      row('→ the worker has a workflow task', ({ handingOver }) => handingOver),
      row('the workflow task', ({ workflowTask }) => workflowTask),
      row('→ next request', ({ starting }) => starting),
      row('last answer → result', ({ closing }) => closing),
    ],
  );
}

function rateTable(rates: readonly RateFigures[]): string {
  const row = (title: string, read: (one: RateFigures) => string) => [title, ...rates.map(read)];
  const { goalsPerMinute: bare = 0 } = rates.find(({ engine }) => engine === 'bare') ?? {};
  const three = (one: { worker: number; temporal: number; postgres: number }, digits: number) =>
    [one.worker, one.temporal, one.postgres].map((value) => value.toFixed(digits)).join(' / ');
  return table(
    [`${rates[0]?.goals ?? 0} goals at once without latency`, ...rates.map(({ engine }) => engine)],
    [
      row('goals a minute', ({ goalsPerMinute }) => goalsPerMinute.toFixed(0)),
      row('calls a second', ({ callsPerSecond }) => callsPerSecond.toFixed(1)),
      row(`calls a second / ${HIGHEST_TIER} of the highest tier`, ({ callsPerSecond }) =>
        (callsPerSecond / HIGHEST_TIER).toFixed(2),
      ),
      row('calls a second, round by round', ({ rounds }) => rounds.map((rate) => rate.toFixed(0)).join(' ')),
      row('share of the bare rate', ({ goalsPerMinute }) => (goalsPerMinute / bare).toFixed(2)),
      row('share, round by round', ({ rounds, beforehand }) =>
        sharesOf(rounds.slice(beforehand), (rates[0]?.rounds ?? []).slice(beforehand)),
      ),
      row('CPU ms a task: worker / Temporal / PostgreSQL', ({ cpuMsPerTask }) => three(cpuMsPerTask, 1)),
      row('memory MB: worker / Temporal / PostgreSQL', ({ memoryMb }) => three(memoryMb, 0)),
      row('history events a call', ({ historyEventsPerCall }) => historyEventsPerCall.toFixed(1)),
      row('history bytes a call', ({ historyBytesPerCall }) => historyBytesPerCall.toFixed(0)),
    ],
  );
}

/** Each round beside the bare one of its turn. */
function sharesOf(rates: readonly number[], bare: readonly number[]): string {
  return rates.map((rate, at) => (rate / (bare[at] ?? Number.NaN)).toFixed(2)).join(' ');
}

function largeTable({ plan, bare, ours, rounds }: LargeFigures): string {
  const row = (title: string, rate: number, all: readonly number[]) => [
    title,
    rate.toFixed(1),
    all.map((one) => one.toFixed(0)).join(' '),
  ];
  return table(
    [plan, 'calls a second', 'round by round'],
    [
      row('bare, without latency', bare, rounds.bare),
      row('ours', ours, rounds.ours),
      ['share', (ours / bare).toFixed(2), sharesOf(rounds.ours, rounds.bare)],
    ],
  );
}

function killTable({ nextCallMs, startMs }: KillFigures): string {
  return table(
    ['the worker', 'ms'],
    [
      ['kill -9 → next call', nextCallMs.toFixed(0)],
      ['start of its process → polling', startMs.toFixed(0)],
    ],
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? ':'.padEnd(width, '-') : ':'.padStart(width, '-'))).join(' | ')} |`;
  return `${[line(head), rule, ...rows.map(line)].join('\n')}\n`;
}
