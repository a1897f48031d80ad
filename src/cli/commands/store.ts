/** `orchestrator store export|import`: the whole store as JSON lines. Host side. */
import { type FileHandle, open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { findTarget } from '../../client/find-target.ts';
import { withKnownErrors } from '../../client/known-error.ts';
import { OrchestratorError } from '../../core/failures.ts';
import type { StoreConnection } from '../../store/connection.ts';
import { exportStore } from '../../store/export-store.ts';
import { importStore } from '../../store/import-store.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { reportError } from '../report-error.ts';
import { loadSettings } from '../settings.ts';
import { plural } from '../view/format.ts';
import { safeJson } from '../view/safe-text.ts';

/** `store export <file>`; `-` is standard output. Refuses to overwrite. */
export async function exportTo(context: CommandContext, file: string): Promise<number> {
  const connection = await storeOf(context);
  if (file === '-') return toStdout(context, connection);
  const handle = await openFile(file, 'wx');
  const output = handle.createWriteStream();
  const exported = await withKnownErrors(() => exportStore(connection, output));
  output.end();
  await finished(output);
  return say(context, { exported });
}

/** A reader that leaves before the end gets no whole export. */
async function toStdout({ io, globals }: CommandContext, connection: StoreConnection): Promise<number> {
  const left = new Promise<undefined>((resolve) => process.stdout.once('error', () => resolve(undefined)));
  const exported = await Promise.race([withKnownErrors(() => exportStore(connection, process.stdout)), left]);
  if (exported) return say({ io: { ...io, stdout: io.stderr }, globals }, { exported });
  const code = reportError(
    new OrchestratorError('usage.file', 'Standard output was closed before the export was whole.', {
      remedy: 'Let the reader read to the end, or export to a file.',
    }),
    io,
    { selectors: globals },
  );
  io.exitNow(code);
  return code;
}

/** `store import <file>`; `-` is standard input. Only into an empty store. */
export async function importFrom(context: CommandContext, file: string): Promise<number> {
  const connection = await storeOf(context);
  const input = file === '-' ? process.stdin : (await openFile(file, 'r')).createReadStream();
  return say(context, { imported: await withKnownErrors(() => importStore(connection, input)) });
}

async function storeOf(context: CommandContext) {
  const { config, simulate } = loadSettings(context);
  return (await findTarget(config, { simulate })).store;
}

/** Rows by table. */
type Rows = Readonly<Record<string, number>>;

function say({ io, globals }: CommandContext, done: { readonly exported: Rows } | { readonly imported: Rows }): number {
  const [verb, counts] = 'exported' in done ? ['Exported', done.exported] : ['Imported', done.imported];
  const rows = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const text = `${verb}: ${plural(rows, 'row')}, ${plural(counts.goals ?? 0, 'goal')}.`;
  io.stdout.write(globals.json ? `${safeJson(done)}\n` : `${text}\n`);
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
