/**
 * Calls under way in this process. An attempt that Temporal gives up, as it heard no heartbeat in time, lives on here while
 * the next one comes: that one waits for the same answer, in place of asking, and paying, for it again. Activity side.
 */
import { Context } from '@temporalio/activity';
import { withHeartbeat } from './heartbeat.ts';

/** Calls of one kind. */
export interface Attempts {
  /**
   * Does `work` with heartbeats, or waits for what an earlier attempt with the same `input` is doing here. The signal fires when
   * nobody waits any more; its end is waited for then, unless the attempt was given up, and so is not heard.
   */
  run<T>(input: object, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** Recorded meanwhile, a call that was given up is paid for once all the same. */
const NEXT_ATTEMPT_MS = 10_000;

interface Call {
  readonly answer: Promise<unknown>;
  /** Ends the work; who comes now begins anew. */
  abort(reason: unknown): void;
  waiting: number;
  timer?: NodeJS.Timeout;
}

/** None yet. `nextAttemptMs`: how long one that was given up goes on without another. */
export function createAttempts(nextAttemptMs = NEXT_ATTEMPT_MS): Attempts {
  const calls = new Map<string, Call>();
  const begin = (key: string, work: (signal: AbortSignal) => Promise<unknown>): Call => {
    const controller = new AbortController();
    const forget = () => {
      clearTimeout(call.timer);
      if (calls.get(key) === call) calls.delete(key);
    };
    const answer = work(controller.signal).finally(forget);
    answer.catch(() => undefined);
    const abort = (reason: unknown) => {
      forget();
      controller.abort(reason);
    };
    const call: Call = { answer, abort, waiting: 0 };
    calls.set(key, call);
    return call;
  };
  return {
    run: <T>(input: object, work: (signal: AbortSignal) => Promise<T>) => {
      const key = JSON.stringify(input);
      const share = (signal: AbortSignal) => waitFor(calls.get(key) ?? begin(key, work), { signal, nextAttemptMs });
      return withHeartbeat((signal) => share(signal) as Promise<T>);
    },
  };
}

function waitFor(
  call: Call,
  { signal, nextAttemptMs }: { readonly signal: AbortSignal; readonly nextAttemptMs: number },
): Promise<unknown> {
  const context = Context.current();
  clearTimeout(call.timer);
  call.waiting += 1;
  return new Promise((resolve, reject) => {
    const leave = () => {
      call.waiting -= 1;
      const abort = () => call.abort(signal.reason);
      if (call.waiting === 0 && !wasGivenUp(context)) return abort();
      if (call.waiting === 0) call.timer = setTimeout(abort, nextAttemptMs).unref();
      reject(signal.reason);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    call.answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

/** Temporal knows nothing of this attempt any more. Also what it says when the workflow was terminated. */
function wasGivenUp({ cancellationDetails: why }: Context): boolean {
  return why?.timedOut === true || why?.notFound === true;
}
