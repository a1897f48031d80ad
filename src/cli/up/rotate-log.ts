/** Keeps the log of background instances from growing without end. Host side. */
import { rename, stat } from 'node:fs/promises';

const MAX_BYTES = 10 * 1024 * 1024;
/** Old logs that are kept: `up.log.1` is the newest. */
const KEPT = 3;

/** Sets a log that is over its size aside, before it is opened. A log that cannot be moved is written on. */
export async function rotateLog(path: string): Promise<void> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size <= MAX_BYTES) return;
  for (let at = KEPT; at >= 1; at--) {
    await rename(at === 1 ? path : `${path}.${at - 1}`, `${path}.${at}`).catch(() => undefined);
  }
}
