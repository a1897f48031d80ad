/** Takes on no further calls while this process is short of memory. Host side. */
import { getHeapStatistics } from 'node:v8';
import { failure } from '../core/failures.ts';

/** Share of the ceiling from which on nothing more is taken on. */
const BACK_OFF_AT = 0.9;
const TRY_AGAIN_MS = 2_000;
const FRESH_MS = 100;
const MB = 1024 * 1024;

/** `share`: how full the memory is, 1 = full. `onChange` is told when holding back begins (true) and ends. */
export interface MemoryGuardOptions {
  readonly share: () => number;
  readonly onChange: (holding: boolean, share: number) => void;
}

type Activity<I, R> = (input: I) => Promise<R>;

/**
 * Gives a wrapper for activities: a call that comes while memory is short ends its attempt with `worker.memory`, so that
 * it holds no slot here and any worker may take it a little later. When nothing else runs it goes through, as memory
 * falls only when calls end. The worker's slots stay of fixed size: a supplier that asks would slow every eager start.
 */
export function createMemoryGuard({
  share,
  onChange,
}: MemoryGuardOptions): <I, R>(own: Activity<I, R>) => Activity<I, R> {
  let running = 0;
  let holding = false;
  const enter = (): void => {
    const now = share();
    if (now >= BACK_OFF_AT !== holding) {
      holding = !holding;
      onChange(holding, now);
    }
    if (holding && running > 0) {
      const message = `${Math.round(now * 100)} % of this worker's memory is in use`;
      throw failure('worker.memory', message, { nextRetryDelayMs: TRY_AGAIN_MS });
    }
  };
  return (own) => async (input) => {
    enter();
    running += 1;
    try {
      return await own(input);
    } finally {
      running -= 1;
    }
  };
}

/** Share of the ceiling in use: of the limit in MB, or of V8's heap where that is nearer to its end; measured at most ten times a second. */
export function memoryShare(limitMb: number): () => number {
  let measuredAt = Number.NEGATIVE_INFINITY;
  let share = 0;
  return () => {
    const now = performance.now();
    if (now - measuredAt < FRESH_MS) return share;
    measuredAt = now;
    const { used_heap_size: heap, heap_size_limit: heapLimit } = getHeapStatistics();
    share = Math.max(process.memoryUsage.rss() / (limitMb * MB), heap / heapLimit);
    return share;
  };
}
