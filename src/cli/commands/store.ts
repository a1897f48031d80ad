/** `orchestrator store export|import`: the whole store as JSON lines. Host side. */
import { createReadStream, createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
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
  const output = file === '-' ? process.stdout : createWriteStream(file, { flags: 'wx', mode: 0o600 });
  const opened =
    file === '-' ? undefined : finished(output).catch((error: unknown) => Promise.reject(fileError(file, error)));
  opened?.catch(() => undefined);
  const rows = await Promise.race([exportStore(connection, output), ...(opened ? [never(opened)] : [])]);
  if (file !== '-') output.end();
  await opened;
  return say(context, { exported: rows });
}

/** `store import <file>`; `-` is standard input. Only into an empty store. */
export async function importFrom(context: CommandContext, file: string): Promise<number> {
  const connection = await storeOf(context);
  const input: Readable = file === '-' ? process.stdin : createReadStream(file);
  const failed = new Promise<never>((_resolve, reject) => {
    input.once('error', (error) => reject(fileError(file, error)));
  });
  failed.catch(() => undefined);
  return say(context, { imported: await Promise.race([importStore(connection, input), failed]) });
}

async function storeOf(context: CommandContext) {
  const { config, simulate } = loadSettings(context);
  return (await findTarget(config, { simulate })).store;
}

/** Rejects with what `work` rejects with, and otherwise waits for ever. */
async function never(work: Promise<unknown>): Promise<never> {
  await work;
  return new Promise<never>(() => undefined);
}

function say({ io }: CommandContext, facts: object): number {
  io.stderr.write(`${safeJson(facts)}\n`);
  return EXIT.ok;
}

function fileError(file: string, cause: unknown): OrchestratorError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
  return new OrchestratorError('usage.file', `The file ${file} cannot be used (${code}).`, {
    remedy: 'Give another file; an existing one is never overwritten.',
    cause,
  });
}
