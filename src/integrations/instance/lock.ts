/** Exclusive locks that die with their holder: one winner among any number of contenders, also after a crash. Host side. */
import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { OrchestratorError } from '../../core/failures.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** A lock that is held until `release`, or until its holder's process ends. */
export interface Lock {
  release(): Promise<void>;
}

/** Either the lock, or who holds it. */
export type LockAttempt = { readonly lock: Lock } | { readonly heldBy: ProcessIdentity };

const contentSchema = z.object({
  pid: z.int().positive(),
  startTime: z.string(),
  token: z.string(),
  released: z.boolean(),
});
type LockContent = z.infer<typeof contentSchema>;

/**
 * Tries once to take the lock `path`, for this process or for the process `holder`.
 *
 * The lock is a chain of files `path.1`, `path.2`, …: the highest number counts. Whoever finds its holder dead or gone
 * creates the next number, which the file system grants to one process only; nothing is deleted on the way to the lock,
 * so no contender can remove the file of another that was quicker.
 */
export async function tryLock(path: string, holder?: ProcessIdentity): Promise<LockAttempt> {
  const identity = holder ?? (await ownIdentity());
  for (;;) {
    const last = await readLast(path);
    if (last.content && !last.content.released && (await isAlive(last.content))) {
      return { heldBy: { pid: last.content.pid, startTime: last.content.startTime } };
    }
    const content: LockContent = { ...identity, token: randomUUID(), released: false };
    const number = last.number + 1;
    if (await claim(path, number, content)) return { lock: { release: () => release(path, number, content) } };
    await delay(Math.random() * 5);
  }
}

/** Takes the lock of an instance's folder, or throws `instance.running` with the holder's pid. */
export async function lockInstance(dir: string): Promise<Lock> {
  const attempt = await tryLock(join(dir, 'instance.lock'));
  if ('lock' in attempt) return attempt.lock;
  const { pid } = attempt.heldBy;
  throw new OrchestratorError('instance.running', `An instance already runs in ${dir} (process ${pid}).`, {
    remedy: 'Use it as it is, end it with `orchestrator down`, or choose another folder with `dataDir`.',
    facts: { dir, pid },
  });
}

/** Creates file `number` with its content in one step; false when another was quicker. */
async function claim(path: string, number: number, content: LockContent): Promise<boolean> {
  const file = `${path}.${number}`;
  const draft = `${path}.draft-${content.token}`;
  await writeFile(draft, JSON.stringify(content), { flag: 'wx', mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const numbers = await listNumbers(path);
  if (numbers.some((other) => other > number)) {
    // What was read was old: the chain had gone on and its older files were cleared away.
    await rm(file, { force: true });
    return false;
  }
  for (const old of numbers) if (old < number) await rm(`${path}.${old}`, { force: true });
  return true;
}

/** Marks the lock as free. The file stays: the chain must not begin anew while somebody still looks at its old end. */
async function release(path: string, number: number, content: LockContent): Promise<void> {
  const file = `${path}.${number}`;
  if (parseContent((await readText(file)) ?? '')?.token !== content.token) return;
  const draft = `${path}.draft-${content.token}`;
  await writeFile(draft, JSON.stringify({ ...content, released: true }), { mode: 0o600 });
  await rename(draft, file);
}

async function readLast(path: string): Promise<{ number: number; content?: LockContent }> {
  for (;;) {
    const number = Math.max(0, ...(await listNumbers(path)));
    if (number === 0) return { number };
    const text = await readText(`${path}.${number}`);
    if (text !== undefined) return { number, content: parseContent(text) };
  }
}

async function listNumbers(path: string): Promise<number[]> {
  const prefix = `${basename(path)}.`;
  const endings = (await readdir(dirname(path))).map((name) =>
    name.startsWith(prefix) ? name.slice(prefix.length) : '',
  );
  return endings.filter((ending) => /^\d+$/.test(ending)).map(Number);
}

/** Undefined when the file is gone. */
async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Undefined when the text is damaged: then nobody can claim to hold the lock. */
function parseContent(text: string): LockContent | undefined {
  try {
    return contentSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
