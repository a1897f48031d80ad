/** A client process that submits goals and is killed in the middle: what was acknowledged is what its lines say. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { GoalRequestInput } from '../../../src/core/goal.ts';

const FIXTURE = fileURLToPath(new URL('../fixtures/submit-goals.mjs', import.meta.url));

/** What all client processes together were told. */
export interface Submissions {
  /** Goal ids by idempotency key, every one that was ever acknowledged. */
  readonly acknowledged: ReadonlyMap<string, ReadonlySet<string>>;
  readonly tried: number;
  readonly answered: number;
  /** Refusals by code. */
  readonly refused: ReadonlyMap<string, number>;
  /** SIGKILL, and another in its place; gives false when the process had ended by itself. */
  killAndRestart(): Promise<boolean>;
  /** Until every key is acknowledged. */
  finish(): Promise<void>;
}

/** Starts a process that submits `request` under each key. A later process repeats some acknowledged ones. */
export function startSubmitter(dataDir: string, request: GoalRequestInput, keys: readonly string[]): Submissions {
  const acknowledged = new Map<string, Set<string>>();
  const refused = new Map<string, number>();
  let tried = 0;
  let answered = 0;
  const hear = (line: Record<string, string>): void => {
    if (line.tried !== undefined) tried += 1;
    if (line.refused !== undefined) refused.set(line.code ?? '', (refused.get(line.code ?? '') ?? 0) + 1);
    if (line.acknowledged === undefined) return;
    answered += 1;
    const ids = acknowledged.get(line.acknowledged) ?? new Set();
    acknowledged.set(line.acknowledged, ids.add(line.goalId ?? ''));
  };
  const open = () => keys.filter((key) => !acknowledged.has(key));
  const start = () => startProcess([dataDir, JSON.stringify(request), [...repeats(), ...open()].join()], hear);
  const repeats = () => [...acknowledged.keys()].slice(-3);
  let current = start();
  return {
    acknowledged,
    refused,
    get tried() {
      return tried;
    },
    get answered() {
      return answered;
    },
    async killAndRestart() {
      const killed = current.child.exitCode === null && current.child.kill('SIGKILL');
      await current.ended;
      current = start();
      return killed;
    },
    async finish() {
      for (; ; current = start()) {
        await current.ended;
        if (open().length === 0) return;
      }
    },
  };
}

function startProcess(args: readonly string[], hear: (line: Record<string, string>) => void) {
  const child: ChildProcessByStdio<null, Readable, null> = spawn(process.execPath, [FIXTURE, ...args], {
    cwd: args[0],
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  // What a killed process began to write does not count.
  lines.on('line', (line) => line.endsWith('}') && hear(JSON.parse(line) as Record<string, string>));
  return { child, ended: Promise.all([once(child, 'close'), once(lines, 'close')]) };
}
