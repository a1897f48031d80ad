/** Starts `up` as a process of its own and waits until it is ready. Host side. */
import { spawn } from 'node:child_process';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { prepareDataDir } from '../../integrations/instance/data-dir.ts';
import { findInstance, type InstanceRecord } from '../../integrations/instance/record.ts';
import type { CommandContext } from '../context.ts';
import type { Settings } from '../settings.ts';
import { rotateLog } from './rotate-log.ts';
import { newProgress, startError } from './up-log.ts';

const POLL_MS = 50;

/** The log of background instances, within the instance's folder. */
export const logPath = (dir: string): string => join(dir, 'logs', 'up.log');

/**
 * Starts it and gives its record once it is ready; one that another process starts at the same time will do as well.
 * A failing start throws the error from its log (`instance.start-failed` when there is none); a signal calls it off.
 */
export async function startInBackground(
  context: CommandContext,
  settings: Settings,
  onProgress: (line: string) => void,
): Promise<InstanceRecord> {
  const { dir } = settings;
  await mkdir(join(await prepareDataDir(dir), 'logs'), { recursive: true, mode: 0o700 });
  await rotateLog(logPath(dir));
  const log = await open(logPath(dir), 'a+', 0o600);
  const { size } = await log.stat();
  const child = spawnSelf(context, log.fd);
  const unlisten = context.io.onSignal(() => child.kill('SIGTERM'));
  try {
    for (let seen = 0; ; await sleep(POLL_MS)) {
      const found = await findInstance(dir).catch(() => ({ state: 'none' as const }));
      if (found.state === 'running' && found.record.state === 'ready') return found.record;
      const text = await readFrom(log, size);
      seen = newProgress(text, seen, onProgress);
      if (child.hasEnded() && found.state !== 'running') throw startError(text, logPath(dir));
    }
  } finally {
    unlisten();
    child.release();
    await log.close();
  }
}

/** What was written to the log since this start. */
async function readFrom(log: FileHandle, position: number): Promise<string> {
  const { size } = await log.stat();
  const bytes = Buffer.alloc(Math.max(0, size - position));
  const { bytesRead } = await log.read(bytes, 0, bytes.length, position);
  return bytes.subarray(0, bytesRead).toString('utf8');
}

interface Child {
  hasEnded(): boolean;
  kill(signal: NodeJS.Signals): void;
  /** Lets this process end before the child does. */
  release(): void;
}

function spawnSelf({ io, globals }: CommandContext, logFd: number): Child {
  const [command = process.execPath, ...own] = io.self;
  const args = [
    ...own,
    'up',
    ...(globals.config === undefined ? [] : ['--config', globals.config]),
    ...(globals.dataDir === undefined ? [] : ['--data-dir', globals.dataDir]),
    ...(globals.simulate ? ['--simulate'] : []),
    ...(globals.debug ? ['--debug'] : []),
  ];
  const child = spawn(command, args, {
    detached: true,
    windowsHide: true,
    stdio: ['ignore', logFd, logFd],
    env: { ...io.env, NO_COLOR: '1', FORCE_COLOR: '' },
  });
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  return { hasEnded: () => ended, kill: (signal) => child.kill(signal), release: () => child.unref() };
}
