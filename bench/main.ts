/** `npm run bench`: ours, bare Temporal and plain promises over the same calls in one run. Benchmark only. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { bare, floor, ours, runAtOnce } from './engines.ts';
import type { Figures } from './figures.ts';
import { measureKill } from './measure-kill.ts';
import { measureLarge } from './measure-large.ts';
import { measurePlan, type PlanFigures } from './measure-plan.ts';
import { measureRates } from './measure-rate.ts';
import { measureSteps, type StepFigures } from './measure-steps.ts';
import { regressions, TOLERANCE } from './measures.ts';
import { benchPlans, largePlan, scaled } from './plan.ts';
import { load } from './process-use.ts';
import { report } from './report.ts';
import { setStage } from './stage.ts';
import { writeBlock } from './write-block.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    slow: { type: 'boolean', default: false },
    json: { type: 'string' },
    write: { type: 'string' },
    compare: { type: 'string' },
    'bare-bundle': { type: 'string', default: '' },
  },
});
const say = (line: string) => process.stderr.write(`${line}\n`);
const TIMES = flags.quick ? 1 : 3;
const GOALS = flags.quick ? 6 : 20;
/** Rounds of the large goal. */
const LARGE_TIMES = flags.quick ? 1 : 5;
/** Rounds of goals at once: those that count, and those beforehand in which V8 compiles. */
const ROUNDS = flags.quick ? { times: 1, beforehand: 0 } : { times: 12, beforehand: 3 };
/** And before everything else. */
const WARM_ROUNDS = flags.quick ? 1 : 3;

const loadBefore = load();
const stage = await setStage({ bareBundle: flags['bare-bundle'], say });
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stage.close().finally(() => process.exit(130)));
}
try {
  const figures = await measure();
  process.stdout.write(report(figures));
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(figures, null, 2)}\n`);
  if (flags.write) writeBlock(flags.write, report(figures));
  if (flags.compare) compare(figures, flags.compare);
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
  for (let round = 0; round < WARM_ROUNDS; round++) {
    for (const engine of engines) await runAtOnce(engine, scaled(layers, 0), GOALS);
  }
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
  say('Step by step');
  const [, bareEngine, own] = engines;
  if (!bareEngine || !own) throw new Error('the engines are gone');
  const pairs = [
    { engine: bareEngine, worker: bareWorker },
    { engine: own, worker },
  ];
  const steps: StepFigures[] = [];
  for (const { engine } of pairs) steps.push(await measureSteps(stage, engine, { chain: first, times: TIMES }));
  say('Calls without latency');
  const rates = await measureRates(stage, pairs, { plan: scaled(layers, 0), goals: GOALS, ...ROUNDS });
  say('One large goal');
  const large = await measureLarge(largePlan(), { engines: { bare: bareEngine, ours: own }, times: LARGE_TIMES });
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
  return { machine, plans, steps, rates, large, kill: killed.figures };
}

/** Exit code 1 when something became worse. */
function compare(figures: Figures, path: string): void {
  const worse = regressions(figures, JSON.parse(readFileSync(path, 'utf8')) as Figures);
  say(worse.length === 0 ? `Nothing is more than ${TOLERANCE * 100} % worse than in ${path}.` : worse.join('\n'));
  if (worse.length > 0) process.exitCode = 1;
}

function tenfold(plan: Parameters<typeof scaled>[0]) {
  return scaled(plan, 10);
}

function command(): string {
  const given = [...(flags.quick ? ['--quick'] : []), ...(flags.slow ? ['--slow'] : [])];
  return ['npm run bench', ...(given.length > 0 ? ['--', ...given] : [])].join(' ');
}
