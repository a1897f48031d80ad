/** Ctrl-C while a goal is followed: ask, and detach at the second one. Host side. */
import type { CliIo } from '../io.ts';

/** What a person wants at Ctrl-C. */
export type InterruptChoice = 'detach' | 'cancel' | 'continue';

/** What interrupts act on. */
export interface InterruptTarget {
  /** Asks on the terminal until the signal takes the question back; undefined when there is none: then it detaches. */
  readonly ask?: (takenBack: AbortSignal) => Promise<InterruptChoice>;
  readonly cancel: () => Promise<void>;
  /** The wish to cancel could not be passed on. */
  readonly onCancelFailed: (error: unknown) => void;
}

/** `signal` aborts when following is to end (detach). `stop` takes an open question back and gives the signals back. */
export interface Interrupts {
  readonly signal: AbortSignal;
  stop(): Promise<void>;
}

/** First interrupt: ask. An interrupt while asking or cancelling, or SIGTERM: detach at once. */
export function handleInterrupts(io: Pick<CliIo, 'onSignal'>, target: InterruptTarget): Interrupts {
  const detach = new AbortController();
  const takeBack = new AbortController();
  let deciding: Promise<void> | undefined;
  const decide = async (ask: NonNullable<InterruptTarget['ask']>): Promise<void> => {
    const choice = await ask(takeBack.signal);
    if (takeBack.signal.aborted || detach.signal.aborted) return;
    if (choice === 'detach') detach.abort();
    if (choice === 'cancel') await target.cancel();
    else deciding = undefined;
  };
  const unlisten = io.onSignal((kind) => {
    if (kind === 'terminate' || deciding || !target.ask) {
      detach.abort();
      return;
    }
    deciding = decide(target.ask).catch((error: unknown) => {
      deciding = undefined;
      target.onCancelFailed(error);
    });
  });
  const stop = async (): Promise<void> => {
    unlisten();
    takeBack.abort();
    await deciding;
  };
  return { signal: detach.signal, stop };
}
