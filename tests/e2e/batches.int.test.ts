/** Goals whose calls go through batches, on the real parts: half the bill, and what happens when things go wrong on the way. */
import Anthropic from '@anthropic-ai/sdk';
import { customIdOf } from '../../src/activities/batch/custom-id.ts';
import { priceUsage } from '../../src/integrations/claude/prices.ts';
import { until } from '../support/until.ts';
import { computing, expectedOutputs, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { runWorker, type System, startSystem } from './support/system.ts';
import { startUp, type UpProcess } from './support/up-process.ts';

const TERMS = { windowMs: 100, pollMs: 200, maxWaitMs: 60_000 };
/** Two abreast and one after both. */
const PLAN = planOf([task('a'), task('b'), task('c', ['a', 'b'])]);
const MACHINE = {
  env: { ORCHESTRATOR_CLAUDE__BATCH__WINDOW_MS: '100', ORCHESTRATOR_CLAUDE__BATCH__POLL_MS: '200' },
};

let system: System;
let stopWorker: (() => Promise<void>) | undefined;
const expiring = new Set<string>();
const ups: UpProcess[] = [];
beforeAll(async () => {
  const simulator = { batchDelayMs: 1_500, batchExpires: (customId: string) => expiring.has(customId) };
  system = await startSystem({ worker: false, claude: { batch: TERMS }, simulator });
});
afterEach(async () => {
  await stopWorker?.();
  stopWorker = undefined;
  await Promise.all(ups.splice(0).map((up) => up.end('SIGTERM')));
});
afterAll(() => system.close());

async function up(): Promise<UpProcess> {
  const started = await startUp(system, 'sk-ant-test', MACHINE);
  ups.push(started);
  return started;
}

interface Account {
  readonly task_id: string;
  readonly batch: boolean;
  readonly cost: number;
}

/** The goal's ledger, and the bill of the simulator for its calls at the prices they were answered at. */
async function accounts(goalId: string): Promise<{ ledger: readonly Account[]; billed: number; responses: number }> {
  const ledger = await system.rows<Account>(
    `select task_id, batch, cost_micro_usd::int as cost from orchestrator.usage_ledger where goal_id = $1 order by task_id`,
    [goalId],
  );
  const names = new Set(
    PLAN.tasks.flatMap(({ id: taskId }) => [
      customIdOf({ goalId, taskId, revision: 0, turn: 1 }),
      `${goalId}/${taskId}/0/1`,
    ]),
  );
  const lines = system.simulator.requests.bill().filter(({ key }) => names.has(key));
  return {
    ledger,
    billed: lines.reduce(
      (sum, { model, usage, batch }) => sum + priceUsage(model, usage, { at: new Date(), batch }),
      0,
    ),
    responses: lines.reduce((sum, line) => sum + line.responses, 0),
  };
}

async function expectResults(goalId: string): Promise<void> {
  const found = await system.rows<{ task_id: string; output: string }>(
    `select r.task_id, convert_from(b.bytes, 'UTF8') as output from orchestrator.task_results r
     join orchestrator.blobs b on b.tenant = r.tenant and b.hash = r.output_hash where r.goal_id = $1 order by 1`,
    [goalId],
  );
  expect(new Map(found.map(({ task_id, output }) => [task_id, output]))).toEqual(expectedOutputs(PLAN));
}

async function expectNothingHeld(goalId: string): Promise<void> {
  const [account] = await system.rows(
    `select reserved_micro_usd::int as reserved, unknown_micro_usd::int as unknown,
       settled_micro_usd - (select sum(cost_micro_usd) from orchestrator.usage_ledger where goal_id = $2) as more
     from orchestrator.budget_accounts where account = $1`,
    [`goal/${goalId}`, goalId],
  );
  expect(account).toEqual({ reserved: 0, unknown: 0, more: '0' });
}

async function batchSizes(): Promise<number[]> {
  const client = new Anthropic({ apiKey: 'k', baseURL: system.simulator.url });
  const sizes: number[] = [];
  for await (const { request_counts: counts } of client.messages.batches.list()) {
    sizes.push(Object.values(counts).reduce((sum, count) => sum + count, 0));
  }
  return sizes.reverse();
}

const start = () =>
  system.start(computing(), { plan: PLAN, batch: true, budgetUsd: 1, verify: 'off', synthesis: false });
const isWaiting = async (goalId: string) =>
  (await system.rows('select from orchestrator.batch_calls where goal_id = $1 and batch_id is not null', [goalId]))
    .length > 0;

describe('a batch goal', () => {
  it('calls that are ready together go as one batch, at half the price; the report says what was saved', async () => {
    stopWorker = await runWorker(system);
    const before = (await batchSizes()).length;
    const goalId = await start();
    const { status, census } = await system.result(goalId);
    expect(status).toBe('completed');
    await expectResults(goalId);
    expect((await batchSizes()).slice(before)).toEqual([2, 1]);
    const { ledger, billed, responses } = await accounts(goalId);
    expect(responses).toBe(3);
    expect(ledger.every(({ batch }) => batch)).toBe(true);
    expect(ledger.reduce((sum, { cost }) => sum + cost, 0)).toBe(billed);
    expect(census).toMatchObject({ costMicroUsd: billed, savedMicroUsd: billed, fallbacks: [] });
    await expectNothingHeld(goalId);
    const events = await system.store.events.read('default', goalId, 0);
    expect(events.filter(({ type }) => type.startsWith('batch-')).map(({ type, data }) => [type, data.calls])).toEqual([
      ['batch-start', 2],
      ['batch-end', 2],
      ['batch-start', 1],
      ['batch-end', 1],
    ]);
  });

  it('a request that expires → made live, told and counted; the others stay at half the price', async () => {
    stopWorker = await runWorker(system);
    // The first goal's id is known before its batch is worked off.
    const goalId = await start();
    expiring.add(customIdOf({ goalId, taskId: 'b', revision: 0, turn: 1 }));
    const { status, census } = await system.result(goalId);
    expect({ status, fallbacks: census.fallbacks }).toEqual({ status: 'completed', fallbacks: ['batch.expired:b'] });
    await expectResults(goalId);
    const { ledger, billed, responses } = await accounts(goalId);
    expect(responses).toBe(3);
    expect(ledger.map(({ task_id, batch }) => [task_id, batch])).toEqual([
      ['a', true],
      ['b', false],
      ['c', true],
    ]);
    expect(census.costMicroUsd).toBe(billed);
    await expectNothingHeld(goalId);
  });

  it('cancelled while it waits → the batch is cancelled, nothing is paid or held', async () => {
    stopWorker = await runWorker(system);
    const goalId = await start();
    await until(() => isWaiting(goalId));
    const beganAt = performance.now();
    await system.client.cancel(goalId);
    expect((await system.result(goalId)).status).toBe('cancelled');
    console.info(`cancel of a waiting batch goal: ${Math.round(performance.now() - beganAt)} ms`);
    const rows = await system.rows('select outcome from orchestrator.batch_calls where goal_id = $1', [goalId]);
    const { responses } = await accounts(goalId);
    expect(responses).toBe(0);
    const { reserved, settled } = (
      await system.rows<{ reserved: number; settled: number }>(
        `select reserved_micro_usd::int as reserved, settled_micro_usd::int as settled
         from orchestrator.budget_accounts where account = $1`,
        [`goal/${goalId}`],
      )
    )[0] ?? { reserved: -1, settled: -1 };
    expect({ rows, reserved, settled }).toEqual({
      rows: [{ outcome: 'canceled' }, { outcome: 'canceled' }],
      reserved: 0,
      settled: 0,
    });
  });

  it('its worker is killed while a batch is in progress, and between sending one and noting it → paid once (G2, G4)', async () => {
    const before = (await batchSizes()).length;
    const first = await up();
    await system.rows(`create function pg_temp_hold() returns trigger language plpgsql as
      $$ begin perform pg_sleep(1); raise exception 'held'; end $$`);
    await system.rows(`create trigger hold before update of batch_id on orchestrator.batch_calls
      for each row when (new.batch_id is not null) execute function pg_temp_hold()`);
    const goalId = await start();
    await until(async () => (await batchSizes()).length > before);
    await first.end('SIGKILL');
    await system.rows('drop trigger hold on orchestrator.batch_calls');
    const [noted] = await system.rows<{ batch_id: string | null }>(
      'select batch_id from orchestrator.batch_calls where goal_id = $1',
      [goalId],
    );
    expect(noted).toEqual({ batch_id: null });
    const second = await up();
    await until(() => isWaiting(goalId));
    await second.end('SIGKILL');
    await up();
    expect((await system.result(goalId)).status).toBe('completed');
    await expectResults(goalId);
    const { ledger, billed, responses } = await accounts(goalId);
    expect((await batchSizes()).slice(before)).toEqual([2, 1]);
    expect(responses).toBe(3);
    expect(ledger.every(({ batch }) => batch)).toBe(true);
    expect(ledger.reduce((sum, { cost }) => sum + cost, 0)).toBe(billed);
    await expectNothingHeld(goalId);
  });

  leavesSoundHistories(() => system);
});
