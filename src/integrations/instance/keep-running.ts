/** Starts a server again when it dies by itself, a bounded number of times. Host side. */
import { setTimeout as delay } from 'node:timers/promises';

/** A server that can die and be stopped. */
export interface RunningServer {
  readonly exited: Promise<number | null>;
  stop(): Promise<void>;
}

/** What happened to a server after its first start. `lost`: it is not started any more. */
export type ServerEvent =
  | { readonly type: 'server-exit'; readonly server: string; readonly code: number | null }
  | { readonly type: 'server-restart'; readonly server: string; readonly attempt: number }
  | { readonly type: 'server-lost'; readonly server: string; readonly error: unknown };

export interface KeepRunningOptions<T extends RunningServer> {
  readonly name: string;
  /** `restart` is false the first time; later the server has to come back at the same address. */
  readonly start: (restart: boolean) => Promise<T>;
  readonly onEvent: (event: ServerEvent) => void;
  /** Waiting times before each further try, in ms; when they are used up the server is lost. */
  readonly backoffMs?: readonly number[];
  /** A server that ran so long gets all tries again. Default 60,000. */
  readonly steadyMs?: number;
}

export interface KeptServer<T> {
  /** The server of the first start. */
  readonly first: T;
  /** Ends it for good; waits for a restart under way. */
  stop(): Promise<void>;
}

const BACKOFF_MS = [100, 500, 1_000, 2_000, 5_000, 10_000];

/** Starts the server (errors of this first start are thrown) and keeps it running until `stop`. */
export async function keepRunning<T extends RunningServer>(options: KeepRunningOptions<T>): Promise<KeptServer<T>> {
  const first = await options.start(false);
  const stopping = new AbortController();
  const loop = watch(first, options, stopping.signal);
  return {
    first,
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}

/** Runs until stopped or lost; ends the current server when stopped. */
async function watch<T extends RunningServer>(
  first: T,
  options: KeepRunningOptions<T>,
  signal: AbortSignal,
): Promise<void> {
  const { name, onEvent, steadyMs = 60_000, backoffMs = BACKOFF_MS } = options;
  let server: T | undefined = first;
  let startedAt = Date.now();
  let tries = 0;
  while (server) {
    const code = await Promise.race([server.exited, aborted(signal)]);
    if (signal.aborted) return await server.stop();
    onEvent({ type: 'server-exit', server: name, code: code as number | null });
    if (Date.now() - startedAt > steadyMs) tries = 0;
    server = undefined;
    let error: unknown = new Error(`exit code ${code}`);
    while (!server && tries < backoffMs.length) {
      await delay(backoffMs[tries], undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      tries += 1;
      startedAt = Date.now();
      try {
        server = await options.start(true);
        onEvent({ type: 'server-restart', server: name, attempt: tries });
      } catch (failed) {
        error = failed;
      }
    }
    if (!server) onEvent({ type: 'server-lost', server: name, error });
  }
}

async function aborted(signal: AbortSignal): Promise<'aborted'> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  return 'aborted';
}
