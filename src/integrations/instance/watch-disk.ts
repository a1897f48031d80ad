/** Says when the disk of an instance's folders is nearly full, and when there is room again. Host side. */
import { statfs } from 'node:fs/promises';
import type { Logger } from '../../monitoring/logger.ts';

/** Below this the servers begin to fail at their work. */
const LEAST_FREE_BYTES = 16 * 1024 * 1024;
const MB = 1024 * 1024;

/** Folders to look at, those that are not there being left out, and how often. */
export interface DiskWatch {
  readonly folders: readonly string[];
  readonly intervalMs: number;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
}

/** Starts at once; gives what stops it. */
export function watchDisk({ folders, intervalMs, logger }: DiskWatch): () => Promise<void> {
  const full = new Set<string>();
  const look = async (folder: string): Promise<void> => {
    const free = await freeBytes(folder);
    if (free === undefined || free < LEAST_FREE_BYTES === full.has(folder)) return;
    if (full.delete(folder)) {
      logger.info(`the disk that holds ${folder} has room again`);
      return;
    }
    full.add(folder);
    const freeMb = Math.floor(free / MB);
    logger.warn(`the disk that holds ${folder} is full or nearly so: goals go on when there is room again`, { freeMb });
  };
  const lookAtAll = () => Promise.all(folders.map(look)).then(() => undefined);
  let running = lookAtAll();
  const timer = setInterval(() => {
    running = lookAtAll();
  }, intervalMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** Undefined when there is no such folder, or its file system tells no sizes. */
async function freeBytes(folder: string): Promise<number | undefined> {
  const found = await statfs(folder).catch(() => undefined);
  return found && found.blocks > 0 ? found.bavail * found.bsize : undefined;
}
