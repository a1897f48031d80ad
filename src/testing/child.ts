/** A child process that answers questions; its side is in answer.ts. Test kit, host side. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly pid: number;
  /** From spawning to being ready, ms. */
  readonly startMs: number;
  readonly exited: Promise<void>;
  /** Rejects with what the other side throws, and when it ends before it answers. */
  ask<T>(name: string, argument?: unknown): Promise<T>;
  /** Ends it, by default at once and without a word. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  /** The module it runs; it calls `answer`. */
  readonly module: URL;
  /** JSON that it finds in `process.argv[2]`. */
  readonly input?: unknown;
  /** Its output is appended here; default: ours. */
  readonly logFile?: string;
  /** Hears what it says by itself (`say` of answer.ts). */
  readonly onSaid?: (value: unknown) => void;
}

type Answer = {
  readonly ready?: true;
  readonly said?: unknown;
  readonly id?: number;
  readonly value?: unknown;
  readonly error?: string;
};

/** Starts it and waits until it is ready. */
export async function startChild({ module, input = {}, logFile, onSaid }: ChildOptions): Promise<Child> {
  const startedAt = performance.now();
  const output = logFile === undefined ? 'inherit' : openSync(logFile, 'a', 0o600);
  const name = module.pathname.split('/').at(-1) ?? '';
  const forked = fork(fileURLToPath(module), [JSON.stringify(input)], { stdio: ['ignore', output, output, 'ipc'] });
  const exited = new Promise<void>((resolve) => forked.once('exit', () => resolve()));
  const waiting = new Map<number, (answer: Answer) => void>();
  // A child that dies breaks the channel: `exited` tells.
  forked.on('error', () => undefined);
  const ready = new Promise<void>((resolve) => {
    forked.on('message', (answer: Answer) => {
      if (answer.ready) resolve();
      else if (answer.said !== undefined) onSaid?.(answer.said);
      else waiting.get(answer.id ?? -1)?.(answer);
    });
  });
  const ended = exited.then(() =>
    Promise.reject(new Error(`${name} has ended (${forked.exitCode ?? forked.signalCode})`)),
  );
  ended.catch(() => undefined);
  await Promise.race([ready, ended]);
  let next = 0;
  return {
    pid: forked.pid ?? 0,
    startMs: performance.now() - startedAt,
    exited,
    ask: async <T>(question: string, argument?: unknown) => {
      const id = next++;
      const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
      if (forked.connected) forked.send({ id, name: question, argument });
      const { value, error } = await Promise.race([answered, ended]).finally(() => waiting.delete(id));
      if (error !== undefined) throw new Error(`${name}: ${error}`);
      return value as T;
    },
    end: (signal = 'SIGKILL') => end(forked, signal),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
