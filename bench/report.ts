/** The figures of a run as Markdown tables. Benchmark only, pure. */
import type { KillFigures } from './measure-kill.ts';
import type { PlanFigures } from './measure-plan.ts';
import type { RateFigures } from './measure-rate.ts';

/** Where and when a run took place. `load…`: the system's load averages over 1, 5 and 15 minutes. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly platform: string;
  readonly date: string;
  readonly loadBefore: string;
  readonly loadAfter: string;
  readonly command: string;
}

interface Reported {
  readonly machine: Machine;
  readonly plans: readonly PlanFigures[];
  readonly rates: readonly RateFigures[];
  readonly kill: KillFigures;
}

/** Markdown, ends with a line break. */
export function report({ machine, plans, rates, kill }: Reported): string {
  return [machineLines(machine), ratioTable(plans), delayTable(plans), rateTable(rates), killLines(kill)].join('\n');
}

/** The cores being busy before anything began is said plainly: the figures then hold for a busy machine. */
function machineLines(machine: Machine): string {
  const { cores, loadBefore } = machine;
  const busy = Number(loadBefore.split(' ')[0]) > 0.25 * cores;
  return [
    `${machine.command}, ${machine.date}`,
    `${machine.cpu}, ${cores} cores, ${machine.memoryGb} GiB, Node ${machine.node}, ${machine.platform}`,
    `Load averages before: ${loadBefore}; after: ${machine.loadAfter}`,
    ...(busy ? ['The machine was NOT quiet: other processes were running. Compare columns, not runs.'] : []),
    '',
  ].join('\n');
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
      row('share of the bare rate', ({ goalsPerMinute }) => (goalsPerMinute / bare).toFixed(2)),
      row('CPU ms a task: worker / Temporal / PostgreSQL', ({ cpuMsPerTask }) => three(cpuMsPerTask, 1)),
      row('memory MB: worker / Temporal / PostgreSQL', ({ memoryMb }) => three(memoryMb, 0)),
      row('history events a call', ({ historyEventsPerCall }) => historyEventsPerCall.toFixed(1)),
      row('history bytes a call', ({ historyBytesPerCall }) => historyBytesPerCall.toFixed(0)),
    ],
  );
}

function killLines({ nextCallMs, startMs }: KillFigures): string {
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
