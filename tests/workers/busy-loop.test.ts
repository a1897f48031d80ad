import { setTimeout as sleep } from 'node:timers/promises';
import { watchBusyLoop } from '../../src/workers/busy-loop.ts';

/** Keeps the event loop from doing anything else. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('a watch on the event loop', () => {
  it('work without a pause → busy; then idle → not busy for as long', async () => {
    const { calmMs, activeMs } = watchBusyLoop();
    await sleep(50);
    expect(calmMs()).toBe(Infinity);
    const before = activeMs();
    work(200);
    expect(calmMs()).toBe(0);
    await sleep(0);
    expect(activeMs() - before).toBeGreaterThan(190);
    await sleep(200);
    expect(calmMs()).toBeGreaterThan(190);
  });
});
