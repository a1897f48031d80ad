/** How long this process has been at work, and how long ago it had no time to spare: its event loop was hardly idle. Host side. */
import { performance } from 'node:perf_hooks';

/** Time that is looked at, at least. */
const WINDOW_MS = 20;
/** Share of it at work from which on the loop is busy. */
const BUSY = 0.9;

export interface BusyLoop {
  /** Time since the loop was seen busy, ms; 0 while it is. Asked again within the window it looks no further. */
  calmMs(): number;
  /** How long it has been at work in all, ms. */
  activeMs(): number;
}

/** Watches from now on. */
export function watchBusyLoop(): BusyLoop {
  let before = performance.eventLoopUtilization();
  let lookedAt = performance.now();
  let busyAt = -Infinity;
  return {
    calmMs() {
      const now = performance.now();
      if (now - lookedAt >= WINDOW_MS) {
        const since = performance.eventLoopUtilization();
        if (performance.eventLoopUtilization(since, before).utilization > BUSY) busyAt = now;
        before = since;
        lookedAt = now;
      }
      return busyAt === lookedAt ? 0 : now - busyAt;
    },
    activeMs: () => performance.eventLoopUtilization().active,
  };
}
