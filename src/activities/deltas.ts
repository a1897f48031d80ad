/** Publishes streamed text as it comes, at most once per 50 ms and call. Activity side. */
import type { Store } from '../store/store.ts';

const EVERY_MS = 50;
/** Bytes of one NOTIFY, with room for its envelope. */
const MAX_CHARS = 1_500;

/** Text of one call. */
export interface Deltas {
  add(delta: string): void;
  /** Publishes what is left. */
  flush(): void;
  /** Ends it, and gives what is left, for the call's record to publish. */
  stop(): string;
}

/** Collects deltas and publishes them; losing one costs nothing, so errors are swallowed. */
export function publishDeltas(store: Pick<Store, 'events'>, goalId: string, taskId: string): Deltas {
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  const stop = (): string => {
    clearTimeout(timer);
    timer = undefined;
    const text = waiting.slice(0, MAX_CHARS);
    waiting = '';
    return text;
  };
  const flush = (): void => {
    const text = stop();
    if (text !== '') store.events.publishDelta(goalId, taskId, text).catch(() => undefined);
  };
  return {
    add(delta) {
      waiting += delta;
      timer ??= setTimeout(flush, EVERY_MS);
    },
    flush,
    stop,
  };
}
