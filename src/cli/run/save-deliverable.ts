/** Writes a deliverable to a file. Host side. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { OrchestratorError } from '../../core/failures.ts';

/** Where a deliverable goes: the file asked for, or `deliverables/<goal>.md` in the instance's folder. */
export function deliverablePath(dir: string, goalId: string, output: string | undefined): string {
  return output === undefined ? join(dir, 'deliverables', `${goalId}.md`) : resolve(output);
}

/** Writes the text as it is; gives the path back. Errors: `input.output`. */
export async function saveDeliverable(path: string, text: string): Promise<string> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, text.endsWith('\n') ? text : `${text}\n`, { mode: 0o600 });
    return path;
  } catch (error) {
    throw new OrchestratorError('input.output', `The deliverable could not be written to ${path}.`, {
      remedy: 'It is kept in the store: `orchestrator goals show <id> --output <file>` writes it elsewhere.',
      cause: error,
    });
  }
}
