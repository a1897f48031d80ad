/** A line to Claude whose certificate nobody vouches for: nothing is said on it, and the call ends with a reason. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { canSign, selfSigned } from '../support/self-signed.ts';
import { computing, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { runWorker, type System, startSystem } from './support/system.ts';

let system: System;
let stopWorker: () => Promise<void>;
let server: ReturnType<typeof createServer>;
const seen = { lines: 0, requests: 0 };
(canSign ? describe : describe.skip)('a certificate that nobody vouches for (needs openssl)', () => {
  beforeAll(async () => {
    system = await startSystem({ worker: false });
    server = createServer(selfSigned(), (_request, response) => {
      seen.requests += 1;
      response.end();
    });
    server.on('connection', () => {
      seen.lines += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    stopWorker = await runWorker({ ...system, simulator: { ...system.simulator, url } });
  });
  afterAll(async () => {
    await stopWorker();
    await system.close();
    server.close();
  });

  it('§3.3-66 → 5 lines opened, 0 requests sent on them, nothing held or spent, a typed reason (G6)', async () => {
    const plan = planOf([task('a', [], { onFailure: 'skip-dependents' })]);
    const goalId = await system.start(computing(), { plan, budgetUsd: 1 });
    expect(await system.result(goalId)).toMatchObject({ status: 'failed', census: { costMicroUsd: 0 } });
    const { tasks } = await system.client.show(goalId);
    expect(tasks[0]?.reason).toMatch(/^model\.attempts-exhausted: .*model\.connection.*SELF_SIGNED/);
    expect(seen).toEqual({ lines: 5, requests: 0 });
    const accounts = await system.rows<{ held: string }>(
      'select count(*) as held from orchestrator.budget_reservations',
    );
    expect(accounts.map(({ held }) => Number(held))).toEqual([0]);
  });

  leavesSoundHistories(() => system);
});
