/** How long ago this process had no time to spare: its event loop was hardly idle. Host side. */
import { performance } from 'node:perf_hooks';

/** Time that is looked at, at least. */
const WINDOW_MS = 20;
/** Share of it at work from which on the loop is busy. */
const BUSY = 0.9;

/** Watches from now on. Gives the ms since the loop was seen busy, 0 while it is; asked again within the window it looks no further. */
export function watchBusyLoop(): () => number {
  let before = performance.eventLoopUtilization();
  let lookedAt = performance.now();
  let busyAt = -Infinity;
  return () => {
    const now = performance.now();
    if (now - lookedAt >= WINDOW_MS) {
      const since = performance.eventLoopUtilization();
      if (performance.eventLoopUtilization(since, before).utilization > BUSY) busyAt = now;
      before = since;
      lookedAt = now;
    }
    return busyAt === lookedAt ? 0 : now - busyAt;
  };
}
