/** A process that is started again whenever it ends, until it is stopped for good. Test kit, host side. */
import { setTimeout as sleep } from 'node:timers/promises';

/** What can be supervised. */
export interface Supervisable {
  readonly pid: number;
  readonly exited: Promise<unknown>;
}

export interface Supervised<T> {
  /** The one that runs, or ran last. */
  readonly current: T;
  /** Ends that nobody asked for. */
  readonly crashes: readonly string[];
  /** Kills it with SIGKILL; resolves when it is dead. */
  kill(): Promise<void>;
  /** Resolves when it runs, again. */
  back(): Promise<void>;
  /** Stops it, or its successor that is just starting. */
  stop(): Promise<void>;
}

export interface SuperviseOptions<T> {
  readonly name: string;
  /** `previous` is undefined the first time; later it may fail and is tried again. */
  readonly start: (previous: T | undefined) => Promise<T>;
  readonly stop: (running: T) => Promise<void>;
}

const RETRY_MS = 200;

export async function supervise<T extends Supervisable>(options: SuperviseOptions<T>): Promise<Supervised<T>> {
  const { name, start, stop } = options;
  const crashes: string[] = [];
  let current = await start(undefined);
  let [stopping, killed] = [false, false];
  const again = async (): Promise<void> => {
    while (!stopping) {
      try {
        current = await start(current);
        return;
      } catch {
        await sleep(RETRY_MS);
      }
    }
  };
  let back = Promise.resolve();
  const watch = async (): Promise<void> => {
    while (!stopping) {
      await current.exited;
      if (stopping) return;
      if (!killed) crashes.push(`${name} (process ${current.pid}) ended by itself`);
      killed = false;
      back = again();
      await back;
    }
  };
  const watching = watch();
  return {
    get current() {
      return current;
    },
    crashes,
    kill: async () => {
      await back;
      if (stopping) return;
      killed = true;
      const { exited, pid } = current;
      sendSignal(pid, 'SIGKILL');
      await exited;
    },
    back: async () => {
      // Whoever saw it die has to let the watcher see it first.
      await sleep(0);
      await back;
    },
    stop: async () => {
      stopping = true;
      await back;
      await stop(current);
      await watching;
    },
  };
}

/** Signals a process that may be gone. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
