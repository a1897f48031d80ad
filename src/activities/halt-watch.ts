/** The kill switch as a worker sees it: read once a second; what runs is stopped, what begins is refused. Host side. */
import { failure } from '../core/failures.ts';
import type { Halt, HaltScope, Store } from '../store/store.ts';

/** With the time of the reading itself, everything has stopped within two seconds (guarantee G9). */
const READ_EVERY_MS = 1_000;

/** The switch of one worker. */
export interface HaltWatch {
  /** Runs `work` with a signal that also fires when its goal is halted; then, and when it is halted already: `control.halted`. */
  guard<T>(scope: HaltScope, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  close(): void;
}

interface Running {
  readonly scope: HaltScope;
  readonly controller: AbortController;
}

/** Starts reading. A store that is away leaves what was read last. */
export function createHaltWatch(store: Pick<Store, 'halts'>): HaltWatch {
  const running = new Set<Running>();
  let halts: readonly Halt[] = [];
  const haltOf = (scope: HaltScope) => halts.find((candidate) => covers(candidate, scope));
  const read = async () => {
    halts = await store.halts.list().catch(() => halts);
    for (const one of running) {
      const halt = haltOf(one.scope);
      if (halt) one.controller.abort(halted(halt));
    }
  };
  const timer = setInterval(() => void read(), READ_EVERY_MS);
  timer.unref();
  void read();
  return {
    async guard(scope, signal, work) {
      // Read again before refusing: it may have been released since, and its goals were told to go on.
      if (haltOf(scope)) await read();
      const halt = haltOf(scope);
      if (halt) throw halted(halt);
      const controller = new AbortController();
      const one: Running = { scope, controller };
      const follow = () => controller.abort(signal.reason);
      if (signal.aborted) follow();
      else signal.addEventListener('abort', follow, { once: true });
      running.add(one);
      try {
        return await work(controller.signal);
      } catch (error) {
        if (controller.signal.aborted && !signal.aborted) throw controller.signal.reason;
        throw error;
      } finally {
        running.delete(one);
        signal.removeEventListener('abort', follow);
      }
    },
    close: () => clearInterval(timer),
  };
}

function covers(halt: HaltScope, scope: HaltScope): boolean {
  return (halt.tenant === '*' || halt.tenant === scope.tenant) && (halt.goalId === '*' || halt.goalId === scope.goalId);
}

function halted({ by, reason }: Halt): Error {
  return failure('control.halted', `halted by ${by}: ${reason}`);
}
