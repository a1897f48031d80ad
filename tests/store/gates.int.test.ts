/** The breaker per model. */
import { openStore } from '../../src/store/open-store.ts';
import { describeStore, execute } from './servers.ts';

describeStore('gates', (context) => {
  /** Moves the clock of a gate: the store compares with the database's. */
  const age = (model: string, members: string) =>
    execute(context.connection, `update orchestrator.model_gates set ${members} where model = '${model}'`);

  it('pass: a model never blocked → open, no probe', async () => {
    await expect(context.store.gates.pass('free', 5_000)).resolves.toEqual({ open: true, probe: false });
  });

  it('pass: right after a block → closed to all, retry within the interval (G6)', async () => {
    await context.store.gates.block('m1', 60_000);
    const pass = await context.store.gates.pass('m1', 5_000);
    expect(pass).toMatchObject({ open: false });
    if (pass.open) return;
    expect(pass.retryInMs).toBeGreaterThan(0);
    expect(pass.retryInMs).toBeLessThanOrEqual(5_000);
  });

  it('pass: interval over, 40 callers at once from two processes → one probe (G7)', async () => {
    const other = await openStore({ connection: context.connection, poolSize: 10 });
    await context.store.gates.block('m2', 600_000);
    await age('m2', `probed_at = now() - interval '61 seconds'`);
    const passes = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 ? context.store : other).gates.pass('m2', 60_000)),
    );
    await other.close();
    expect(passes.filter((pass) => pass.open)).toEqual([{ open: true, probe: true }]);
    for (const pass of passes) if (!pass.open) expect(pass.retryInMs).toBeGreaterThan(0);
  });

  it('clear, or the end of the block → open to all; a shorter block does not shorten a longer one', async () => {
    const { gates } = context.store;
    await gates.block('m3', 600_000);
    await gates.block('m3', 1);
    await expect(gates.pass('m3', 60_000)).resolves.toMatchObject({ open: false });
    await age('m3', `blocked_until = now() - interval '1 ms'`);
    await expect(gates.pass('m3', 60_000)).resolves.toEqual({ open: true, probe: false });
    await gates.block('m3', 600_000);
    await gates.clear('m3');
    await expect(gates.pass('m3', 60_000)).resolves.toEqual({ open: true, probe: false });
  });
});
