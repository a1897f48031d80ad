import { randomBytes } from 'node:crypto';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { connectOrchestrator } from '../../src/client/connect.ts';
import { recordedStore } from '../../src/integrations/instance/record.ts';
import { isTaskCall, type Rule, type Simulator, startSimulator, submit } from '../../src/simulator/index.ts';
import { clientConfig } from '../../src/store/connection.ts';
import { canMount } from '../support/mounts.ts';
import { until } from '../support/until.ts';
import { type OwnInstance, startOwnInstance } from './support/own-instance.ts';
import { computing, planOf, task } from './support/plans.ts';

const MB = 1024 * 1024;
/** Of text that does not compress: no page that is there has room for it. */
const OUTPUTS = ['a', 'b', 'c'].map(() => randomBytes(45_000).toString('base64'));
const PLAN = planOf([task('a'), task('b', ['a']), task('c', ['b'])]);

const withMounts = canMount() ? describe : describe.skip;

/** Takes all room of the file system that is there; gives what frees it. */
async function fill(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'filler');
  const file = await open(path, 'w');
  const { bavail, bsize } = await statfs(folder);
  for (let left = bavail * bsize, size = MB; left > 0; left -= size) {
    size = Math.min(left, MB);
    await file.write(Buffer.alloc(size)).catch(() => undefined);
  }
  await file.close();
  expect((await statfs(folder)).bavail).toBeLessThan(16);
  return () => rm(path);
}

/** Each task's answer waits until the test lets it go. */
function heldTasks() {
  const asked = new Set<string>();
  const free = new Map<string, () => void>();
  const gates = new Map(['a', 'b', 'c'].map((id) => [id, new Promise<void>((resolve) => free.set(id, resolve))]));
  const rule: Rule = {
    when: isTaskCall(),
    async reply({ prompt }) {
      const id = prompt.taskId ?? '';
      asked.add(id);
      await gates.get(id);
      return submit({ output: OUTPUTS[['a', 'b', 'c'].indexOf(id)] ?? '' });
    },
  };
  return { asked, rule, letGo: (id: string) => free.get(id)?.() };
}

withMounts('a disk that fills up in the middle of a goal (needs mount)', () => {
  let simulator: Simulator;
  let instance: OwnInstance;
  let held: ReturnType<typeof heldTasks>;
  beforeEach(async () => {
    held = heldTasks();
    simulator = await startSimulator({ brain: computing(held.rule) });
    instance = await startOwnInstance(simulator, {
      disks: { postgres: 160, temporal: 64 },
      env: { ORCHESTRATOR_CLAUDE__TIERS__FAST__MAX_OUTPUT_TOKENS: '60000' },
    });
  }, 200_000);
  afterEach(async () => {
    for (const id of ['a', 'b', 'c']) held.letGo(id);
    await instance.close();
    await simulator.close();
  }, 200_000);

  it.each([
    ['postgres', /kept until it can be written down.*its disk is full/],
    ['temporal', /disk that holds .*temporal is full/],
  ] as const)(
    '%s → it says so; with room again the goal completes, nothing is lost or paid twice (G24)',
    async (server, says) => {
      const client = await connectOrchestrator({ dataDir: instance.dataDir });
      const { goalId } = await client.start({ text: 'Three big results', plan: PLAN, verify: 'off', synthesis: false });
      await until(() => held.asked.has('a'), 'the call of a');
      held.letGo('a');
      await until(() => held.asked.has('b'), 'the call of b');
      const freeDisk = await fill(join(instance.dir, server));
      for (const id of ['b', 'c']) held.letGo(id);
      await until(() => says.test(instance.said()), 'that somebody says so');
      await freeDisk();
      await client.close();

      await until(() => endOf(goalId), 'the end of the goal');
      expect(await endOf(goalId)).toBe('completed');
      expect((await outputs(goalId))?.map((output, at) => output === OUTPUTS[at])).toEqual([true, true, true]);
      const counts = [...simulator.requests.countByKey()].filter(([key]) => key.startsWith(goalId));
      expect(counts.map(([key, count]) => [key.slice(goalId.length + 1, goalId.length + 2), count])).toEqual([
        ['a', 1],
        ['b', 1],
        ['c', 1],
      ]);
    },
    240_000,
  );

  /** A question to the store as it is now; undefined while it is away. */
  async function ask<Row>(statement: string, values: readonly unknown[]): Promise<Row[] | undefined> {
    const sql = new pg.Client(clientConfig(recordedStore(await instance.record(), undefined), 'e2e'));
    sql.on('error', () => undefined);
    try {
      await sql.connect();
      return (await sql.query(statement, [...values])).rows as Row[];
    } catch {
      return undefined;
    } finally {
      await sql.end().catch(() => undefined);
    }
  }

  async function endOf(goalId: string): Promise<string | undefined> {
    const rows = await ask<{ status: string }>(
      'select status from orchestrator.goals where goal_id = $1 and ended_at is not null',
      [goalId],
    );
    return rows?.[0]?.status;
  }

  async function outputs(goalId: string): Promise<string[] | undefined> {
    const rows = await ask<{ output: string }>(
      `select convert_from(b.bytes, 'UTF8') as output from orchestrator.task_results r
       join orchestrator.blobs b on b.tenant = r.tenant and b.hash = r.output_hash
       where r.goal_id = $1 order by r.task_id`,
      [goalId],
    );
    return rows?.map(({ output }) => output);
  }
});
