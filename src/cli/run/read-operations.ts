/** Reads the operations of an edit from a file or standard input. Host side. */
import { OrchestratorError } from '../../core/failures.ts';
import type { EditOperationInput } from '../../core/plan-edit.ts';
import type { CliIo } from '../io.ts';
import { parseYaml, readPlanFile } from './read-request.ts';

/** What an edit file says, unchecked: the client's door checks it. */
export interface EditFile {
  readonly operations: readonly EditOperationInput[];
  readonly baseRevision?: number;
}

/** A list of operations, or an object with `operations` and perhaps `baseRevision`; `-`: YAML or JSON from standard input. */
export async function readOperations(io: CliIo, path: string): Promise<EditFile> {
  const raw = path === '-' ? await parseYaml('-', await io.readStdin()) : await readPlanFile(path);
  if (Array.isArray(raw)) return { operations: raw };
  if (typeof raw === 'object' && raw !== null && 'operations' in raw) return raw as EditFile;
  throw new OrchestratorError(
    'usage.no-edit',
    `${path === '-' ? 'Standard input' : `The file ${path}`} holds no edit.`,
    {
      remedy: 'Give a list of operations, e.g. `- {op: skip, taskId: a}`.',
    },
  );
}
