/** Migrations, export and import. */
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { scheduleSchema } from '../../src/core/schedule.ts';
import type { StoreConnection } from '../../src/store/connection.ts';
import { openStore } from '../../src/store/open-store.ts';
import { exportStore, importStore } from '../../src/store/transfer.ts';
import { bytes, CENSUS, callId, finishedCall, newGoal, SNAPSHOT, TENANT } from './samples.ts';
import { describeStore, execute } from './servers.ts';

describeStore('migrate', (context) => {
  it('migrate: 5 at once on an empty database → one set of tables; again → nothing', async () => {
    const connection = await context.newDatabase();
    const stores = await Promise.all(Array.from({ length: 5 }, () => openStore({ connection, poolSize: 2 })));
    await Promise.all(stores.map((store) => store.migrate()));
    await stores[0]?.migrate();
    const applied = await execute(
      connection,
      'select count(*)::int as n, count(distinct hash)::int as d from orchestrator.migrations',
    );
    expect(applied[0]?.n).toBe(applied[0]?.d);
    await expect(stores[1]?.goals.openCount()).resolves.toBe(0);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('migrate: every table of ours has tenant in its key', async () => {
    const rows = await execute(
      context.connection,
      `select c.relname, bool_or(a.attname = 'tenant') as tenant from pg_index i
       join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
       where n.nspname = 'orchestrator' and i.indisprimary and c.relname <> 'migrations' group by 1`,
    );
    expect(rows.length).toBeGreaterThanOrEqual(13);
    expect(rows.filter((row) => row.tenant !== true)).toEqual([]);
  });

  it('migrate: a database of a newer version → store.newer', async () => {
    const connection = await context.newDatabase();
    const store = await openStore({ connection, poolSize: 2 });
    await store.migrate();
    await execute(connection, `insert into orchestrator.migrations (hash, created_at) values ('x', 9999999999999)`);
    await expect(store.migrate()).rejects.toMatchObject({ code: 'store.newer' });
    await store.close();
  });
});

describeStore('transfer', (context) => {
  async function exported(connection: StoreConnection): Promise<string> {
    const stream = new PassThrough();
    const whole = text(stream);
    await exportStore(connection, stream);
    stream.end();
    return whole;
  }
  async function target(): Promise<StoreConnection> {
    const connection = await context.newDatabase();
    const store = await openStore({ connection, poolSize: 2 });
    await store.migrate();
    await store.close();
    return connection;
  }
  const rowsOf = (file: string) => file.trim().split('\n').slice(1).sort();

  beforeAll(async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const binary = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
    await store.goals.open({ goalId, tenant: TENANT, title: 'Title', snapshot: SNAPSHOT });
    await store.journal.record(
      finishedCall(callId(goalId), {
        blobs: [binary, bytes('')],
        taskResult: { output: { hash: 'h', bytes: 1 }, summary: 'a\nb "c" \\', evidence: ['ü'] },
        criteria: {
          taskId: null,
          rows: [{ taskId: null, criterion: 'c', verdict: 'pass', quote: null, source: null, reason: '' }],
        },
      }),
    );
    const tool = { ...callId(goalId), index: 0 };
    await store.tools.begin(tool, { name: 't', effect: 'read', argsHash: 'h' });
    await store.capacity.strike('m', { holdMs: 1_000, tolerated: 1 });
    await store.goals.close({ goalId, tenant: TENANT, status: 'completed', census: CENSUS, events: [] });
    const paying = await newGoal(store);
    const limits = { ...SNAPSHOT.limits, budgetMicroUsd: 5_000 };
    await store.goals.open({ goalId: paying, tenant: TENANT, title: 'Title', snapshot: { ...SNAPSHOT, limits } });
    const request = { attempt: '1', worstMicroUsd: 1_000, events: [] };
    await store.journal.admit(callId(paying), request);
    await store.journal.abandon(callId(paying), { attempt: '1', billed: true });
    await store.journal.admit(callId(paying), { ...request, attempt: '2' });
    const definition = scheduleSchema.parse({ id: 'daily', goal: { text: 'goal' }, cron: '@daily' });
    await store.schedules.save({ tenant: TENANT, definition, hash: 'h', author: 'ada', simulated: true }, true);
    const tick = { tenant: TENANT, scheduleId: 'daily', nominalMs: 0, hash: 'h', late: false, lateMs: 0 };
    await store.schedules.skip(tick, 'no budget');
    await store.batches.intend([{ ...callId(paying), submission: 's', size: 1, attempt: '2', microUsd: 1_000 }]);
    for (let i = 0; i < 12; i++)
      await store.events.append(
        TENANT,
        goalId,
        Array.from({ length: 100 }, () => ({ type: 'fallback' as const, data: { i } })),
      );
  });

  it('export, import, export: every table → the same rows', async () => {
    const file = await exported(context.connection);
    const connection = await target();
    const counts = await importStore(connection, Readable.from([Buffer.from(file)]));
    expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([]);
    expect(rowsOf(await exported(connection))).toEqual(rowsOf(file));
  });

  it('import: a store that is not empty → store.import-refused, unchanged', async () => {
    const file = await exported(context.connection);
    await expect(importStore(context.connection, Readable.from([file]))).rejects.toMatchObject({
      code: 'store.import-refused',
    });
    expect(rowsOf(await exported(context.connection))).toEqual(rowsOf(file));
  });

  it('import: cut, foreign, newer or damaged files → store.import-refused, still empty', async () => {
    const lines = (await exported(context.connection)).trim().split('\n');
    const header = JSON.parse(lines[0] ?? '');
    const bad = [
      '',
      'no json',
      '{"format":"other"}',
      lines.slice(0, -1).join('\n'),
      [lines[0], ...lines.slice(2)].join('\n'),
      [JSON.stringify({ ...header, version: 2 }), ...lines.slice(1)].join('\n'),
      [JSON.stringify({ ...header, schema: header.schema + 1 }), ...lines.slice(1)].join('\n'),
      [lines[0], '{"table":"pg_shadow","row":{}}', ...lines.slice(1)].join('\n'),
    ];
    const connection = await target();
    for (const file of bad) {
      await expect(importStore(connection, Readable.from([file]))).rejects.toMatchObject({
        code: 'store.import-refused',
      });
    }
    await importStore(connection, Readable.from([lines.join('\n')]));
  });

  it('import: the input stream breaks → its error, still empty', async () => {
    const connection = await target();
    const broken = new Readable({
      read() {
        this.destroy(new Error('unplugged'));
      },
    });
    await expect(importStore(connection, broken)).rejects.toThrow('unplugged');
    expect(await execute(connection, 'select 1 from orchestrator.goals')).toEqual([]);
  });
});
