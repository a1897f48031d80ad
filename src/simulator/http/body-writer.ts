/** Writes response bodies at the pace a script asks for and notices clients that leave. Host side. */
import type { ServerResponse } from 'node:http';
import type { Fault } from '../contract.ts';
import { wait } from '../wait.ts';

/** How the response ended. */
export type Sent = 'sent' | 'faulted' | 'aborted';

export interface BodyWriter {
  write(text: string): Promise<void>;
  /** Ends the body; `sent` when every byte left, `aborted` when the client left before. */
  end(): Promise<Sent>;
  /** Closes the connection with a TCP reset. */
  reset(): void;
  readonly isOpen: boolean;
  /** Fires when the client leaves or the server closes. */
  readonly gone: AbortSignal;
}

type Pace = { readonly bytes: number; readonly pauseMs: number } | undefined;

function paceOf(fault: Fault | undefined): Pace {
  if (fault?.kind === 'split-utf8') return { bytes: 1, pauseMs: 0 };
  if (fault?.kind !== 'slow') return undefined;
  // Ten ticks a second, one byte a tick at least.
  const bytes = Math.max(1, Math.round(fault.bytesPerSecond / 10));
  return { bytes, pauseMs: (bytes / fault.bytesPerSecond) * 1_000 };
}

/** A writer for a response whose headers are set. `gone` fires when nobody listens any more. */
export function createBodyWriter(response: ServerResponse, gone: AbortSignal, fault?: Fault): BodyWriter {
  const pace = paceOf(fault);
  const isOpen = (): boolean => !gone.aborted && !response.destroyed;

  const writeNow = async (bytes: Buffer): Promise<void> => {
    if (!isOpen() || response.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        response.off('drain', done);
        gone.removeEventListener('abort', done);
        resolve();
      };
      response.once('drain', done);
      gone.addEventListener('abort', done);
    });
  };

  return {
    gone,
    get isOpen() {
      return isOpen();
    },
    async write(text) {
      const bytes = Buffer.from(text, 'utf8');
      if (!pace) return writeNow(bytes);
      for (let at = 0; at < bytes.length && isOpen(); at += pace.bytes) {
        await writeNow(bytes.subarray(at, at + pace.bytes));
        if (pace.pauseMs > 0) await wait(pace.pauseMs, gone);
      }
    },
    end: () =>
      new Promise((resolve) => {
        if (!isOpen()) return resolve('aborted');
        gone.addEventListener('abort', () => resolve(response.writableFinished ? 'sent' : 'aborted'), { once: true });
        response.end(() => resolve('sent'));
      }),
    reset() {
      response.socket?.resetAndDestroy();
    },
  };
}
