/** `npm run bench`: ours, bare Temporal and plain promises over the same calls in one run. Benchmark only. */
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { bare, floor, ours } from './engines.ts';
import { type KillFigures, measureKill } from './measure-kill.ts';
import { measurePlan, type PlanFigures } from './measure-plan.ts';
import { measureRate, type RateFigures } from './measure-rate.ts';
import { benchPlans, scaled } from './plan.ts';
import { load } from './process-use.ts';
import { type Machine, report } from './report.ts';
import { setStage } from './stage.ts';

export interface Figures {
  readonly machine: Machine;
  readonly plans: readonly PlanFigures[];
  readonly rates: readonly RateFigures[];
  readonly kill: KillFigures;
}

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    slow: { type: 'boolean', default: false },
    json: { type: 'string' },
    'bare-bundle': { type: 'string', default: '' },
  },
});
const say = (line: string) => process.stderr.write(`${line}\n`);
const TIMES = flags.quick ? 1 : 3;
const GOALS = flags.quick ? 6 : 20;

const loadBefore = load();
const stage = await setStage({ bareBundle: flags['bare-bundle'], say });
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stage.close().finally(() => process.exit(130)));
}
try {
  const figures = await measure();
  process.stdout.write(report(figures));
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(figures, null, 2)}\n`);
} finally {
  await stage.close();
}

async function measure(): Promise<Figures> {
  const worker = await stage.startWorker();
  const bareWorker = await stage.startBareWorker();
  const engines = [floor(stage), bare(stage), ours(stage)];
  const [first, , layers] = benchPlans();
  if (!first || !layers) throw new Error('the plans are gone');
  say('Warming up');
  for (const engine of engines) await engine.run(scaled(layers, 0));
  const plans: PlanFigures[] = [];
  const wanted = [
    ...benchPlans(),
    ...(flags.slow
      ? benchPlans()
          .filter((plan) => plan.irregular)
          .map(tenfold)
      : []),
  ];
  for (const plan of wanted) {
    say(plan.name);
    // Engine by engine within a plan: what else the machine does hits all of them alike.
    for (const engine of engines) plans.push(await measurePlan(stage, engine, { plan, times: TIMES }));
  }
  say('Calls without latency');
  const [, bareEngine, own] = engines;
  if (!bareEngine || !own) throw new Error('the engines are gone');
  const work = { plan: scaled(layers, 0), goals: GOALS };
  const rates = [
    await measureRate(stage, { engine: bareEngine, worker: bareWorker }, work),
    await measureRate(stage, { engine: own, worker }, work),
  ];
  await bareWorker.end();
  say('Killing the worker');
  const killed = await measureKill(stage, { engine: own, worker }, { plan: first, times: TIMES });
  await killed.worker.end();
  const { model = 'unknown' } = cpus()[0] ?? {};
  const machine = {
    ...{ cpu: model.trim(), cores: cpus().length, memoryGb: Math.round(totalmem() / 2 ** 30) },
    ...{ node: process.versions.node, platform: process.platform, date: new Date().toISOString() },
    ...{ loadBefore, loadAfter: load(), command: command() },
  };
  return { machine, plans, rates, kill: killed.figures };
}

function tenfold(plan: Parameters<typeof scaled>[0]) {
  return scaled(plan, 10);
}

function command(): string {
  const given = [...(flags.quick ? ['--quick'] : []), ...(flags.slow ? ['--slow'] : [])];
  return ['npm run bench', ...(given.length > 0 ? ['--', ...given] : [])].join(' ');
}
