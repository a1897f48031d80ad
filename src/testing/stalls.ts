/** Notices that its process got no turn: the machine was too busy, or somebody froze it. Test kit, host side. */

/** Times in epoch ms. */
export interface Stall {
  readonly at: number;
  readonly endedAt: number;
}

/** A process that got no turn for a second or more, its `process` as in faults; the one of the proxies hits all. */
export interface SeenStall extends Stall {
  readonly process: string;
}

const EVERY_MS = 100;
/** Half of the heartbeat timeout: beats are late from here on. */
const STALLED_MS = 1_000;

/** Tells of each time that the process stood still; gives what ends watching. */
export function watchStalls(onStall: (stall: Stall) => void): () => void {
  let before = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - before - EVERY_MS > STALLED_MS) onStall({ at: before, endedAt: now });
    before = now;
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
