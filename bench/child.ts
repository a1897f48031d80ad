/** A child process that answers questions. Benchmark only; parent side. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly pid: number;
  /** From spawning to being ready, ms. */
  readonly startMs: number;
  ask<T>(name: string): Promise<T>;
  /** Ends it, by default at once and without a word. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

type Answer = { readonly ready?: true; readonly id?: number; readonly value?: unknown; readonly error?: string };

/** Starts a module of this folder with `input` as its argument, and waits until it answers. */
export async function startChild(module: string, input: unknown = {}): Promise<Child> {
  const startedAt = performance.now();
  const path = fileURLToPath(new URL(module, import.meta.url));
  const forked = fork(path, [JSON.stringify(input)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, (answer: Answer) => void>();
  let next = 0;
  await new Promise<void>((resolve, reject) => {
    forked.once('exit', (code) => reject(new Error(`${module} ended with code ${code}`)));
    forked.on('message', (answer: Answer) => {
      if (answer.ready) resolve();
      else waiting.get(answer.id ?? -1)?.(answer);
    });
  });
  return {
    pid: forked.pid ?? 0,
    startMs: performance.now() - startedAt,
    ask: async <T>(name: string) => {
      const id = next++;
      const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
      forked.send({ id, name });
      const { value, error } = await answered;
      waiting.delete(id);
      if (error !== undefined) throw new Error(`${module}: ${error}`);
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
