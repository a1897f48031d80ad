/** Reads a schedule from a YAML or JSON file, unchecked: the client's door checks it. Host side. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { FAILURES, OrchestratorError } from '../../core/failures.ts';

/** A plan within it may be long. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Errors: `schedule.invalid` that names the file. */
export async function readScheduleFile(path: string): Promise<object> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > MAX_BYTES) throw new Error(`it has ${bytes.length} bytes`);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const value: unknown = parse(text, { maxAliasCount: 50, uniqueKeys: true, strict: true });
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
    throw new Error('it holds no schedule');
  } catch (error) {
    const what = error instanceof Error ? error.message.split('\n', 1)[0] : 'unknown reason';
    throw new OrchestratorError('schedule.invalid', `The file ${path}: ${what}.`, {
      remedy: FAILURES['schedule.invalid'].remedy,
      cause: error,
    });
  }
}
