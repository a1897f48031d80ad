/** A CLI outside that keeps what is written; for tests. */
import type { CliIo } from '../../src/cli/io.ts';

export interface FakeIo extends CliIo {
  out(): string;
  err(): string;
  /** Sends a signal to whoever listens. */
  signal(kind: 'interrupt' | 'terminate'): void;
  readonly listeners: Set<(kind: 'interrupt' | 'terminate') => void>;
}

/** Streams are no terminals unless told so. */
export function fakeIo(options: { tty?: boolean; env?: Record<string, string>; stdin?: string } = {}): FakeIo {
  const written = { out: '', err: '' };
  const listeners = new Set<(kind: 'interrupt' | 'terminate') => void>();
  const stream = (name: 'out' | 'err') => ({
    isTTY: options.tty ?? false,
    columns: 100,
    rows: 24,
    write: (text: string) => {
      written[name] += text;
      return true;
    },
  });
  return {
    stdout: stream('out'),
    stderr: stream('err'),
    env: options.env ?? {},
    stdinIsTTY: options.tty ?? false,
    readStdin: async () => options.stdin ?? '',
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    exitNow: () => undefined,
    self: ['node', 'orchestrator'],
    out: () => written.out,
    err: () => written.err,
    signal: (kind) => {
      for (const listener of listeners) listener(kind);
    },
    listeners,
  };
}
