/** Ends a call that is aborted, makes no progress or takes too long. Host side. */
import { APIUserAbortError } from '@anthropic-ai/sdk';
import { modelError } from './model-error.ts';

/** Times in ms. */
export interface WatchOptions {
  readonly idleTimeoutMs: number;
  readonly callTimeoutMs: number;
  readonly signal?: AbortSignal;
}

/** `stopped` rejects, and `signal` aborts, with why the call ended early. */
export interface CallWatch {
  readonly signal: AbortSignal;
  readonly stopped: Promise<never>;
  /** Why the call ended early; undefined while it has not. */
  reason(): unknown;
  progress(): void;
  /** To be called once the call is over, however it ended. */
  end(): void;
}

/** Starts watching: both times run from now, idle time from the last progress. */
export function watchCall({ idleTimeoutMs, callTimeoutMs, signal: outer }: WatchOptions): CallWatch {
  const controller = new AbortController();
  let reason: unknown;
  const stop = (why: unknown) => {
    reason ??= why;
    controller.abort(reason);
  };
  const stopped = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(reason), { once: true });
  });
  stopped.catch(() => undefined);
  const idle = setTimeout(() => stop(late(`made no progress for ${idleTimeoutMs} ms`)), idleTimeoutMs);
  const total = setTimeout(() => stop(late(`had not ended after ${callTimeoutMs} ms`)), callTimeoutMs);
  const onAbort = () => stop(outer?.reason ?? new APIUserAbortError());
  if (outer?.aborted) onAbort();
  else outer?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    stopped,
    reason: () => reason,
    progress: () => void idle.refresh(),
    end: () => {
      clearTimeout(idle);
      clearTimeout(total);
      outer?.removeEventListener('abort', onAbort);
    },
  };
}

function late(what: string): Error {
  return modelError('model.connection', `the answer ${what}`);
}
