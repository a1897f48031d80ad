/** Writes a deliverable to a file. Host side. */
import { constants } from 'node:fs';
import { access, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { OrchestratorError } from '../../core/failures.ts';

/** Where a deliverable goes: the file asked for, or `deliverables/<goal>.md` in the instance's folder. */
export function deliverablePath(dir: string, goalId: string, output: string | undefined): string {
  return output === undefined ? join(dir, 'deliverables', `${goalId}.md`) : resolve(output);
}

/** Finds out before anything is paid whether the file asked for can be written. Errors: `input.output`. */
export async function checkOutput(output: string | undefined): Promise<void> {
  if (output === undefined) return;
  const path = resolve(output);
  try {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) throw new Error('it is a folder');
    await makeFolder(dirname(path));
    // With the dot only a folder is found.
    await access(found ? path : `${dirname(path)}${sep}.`, constants.W_OK);
  } catch (error) {
    throw notWritten(path, 'Nothing was started. Give a file that can be written.', error);
  }
}

/** Writes the text as it is; gives the path back. Errors: `input.output`. */
export async function saveDeliverable(path: string, text: string): Promise<string> {
  try {
    await makeFolder(dirname(path));
    await writeFile(path, text.endsWith('\n') ? text : `${text}\n`, { mode: 0o600 });
    return path;
  } catch (error) {
    const remedy = 'It is kept in the store: `orchestrator goals show <id> --output <file>` writes it elsewhere.';
    throw notWritten(path, remedy, error);
  }
}

/** With those above it. Node's own `recursive` never comes back where the file system makes none, as in /proc. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

function notWritten(path: string, remedy: string, cause: unknown): OrchestratorError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new OrchestratorError('input.output', `The deliverable cannot be written to ${path} (${code ?? message}).`, {
    remedy,
    cause,
  });
}
