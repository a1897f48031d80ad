/** `orchestrator store export|import`: the whole store as JSON lines. Host side. */
import { type FileHandle, open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { findTarget } from '../../client/find-target.ts';
import { OrchestratorError } from '../../core/failures.ts';
import { exportStore } from '../../store/export-store.ts';
import { importStore } from '../../store/import-store.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { loadSettings } from '../settings.ts';
import { safeJson } from '../view/safe-text.ts';

/** `store export <file>`; `-` is standard output. Refuses to overwrite. */
export async function exportTo(context: CommandContext, file: string): Promise<number> {
  const connection = await storeOf(context);
  if (file === '-') return say(context, { exported: await exportStore(connection, process.stdout) });
  const handle = await openFile(file, 'wx');
  const output = handle.createWriteStream();
  const exported = await exportStore(connection, output);
  output.end();
  await finished(output);
  return say(context, { exported });
}

/** `store import <file>`; `-` is standard input. Only into an empty store. */
export async function importFrom(context: CommandContext, file: string): Promise<number> {
  const connection = await storeOf(context);
  const input = file === '-' ? process.stdin : (await openFile(file, 'r')).createReadStream();
  return say(context, { imported: await importStore(connection, input) });
}

async function storeOf(context: CommandContext) {
  const { config, simulate } = loadSettings(context);
  return (await findTarget(config, { simulate })).store;
}

function say({ io }: CommandContext, facts: object): number {
  io.stderr.write(`${safeJson(facts)}\n`);
  return EXIT.ok;
}

/** Errors: `usage.file`. */
async function openFile(file: string, flags: 'r' | 'wx'): Promise<FileHandle> {
  try {
    return await open(file, flags, 0o600);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new OrchestratorError('usage.file', `The file ${file} cannot be used (${code}).`, {
      remedy: 'Give another file; an existing one is never overwritten.',
      cause,
    });
  }
}
