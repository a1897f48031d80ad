/** `orchestrator completion <shell>`, and `complete`, which its script calls. Host side. */
import type { Command } from 'commander';
import { completionScript, type Shell } from '../completion/scripts.ts';
import { type LookUp, suggest } from '../completion/suggest.ts';
import type { CommandContext, GlobalOptions } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { safeJson, safeLine } from '../view/safe-text.ts';

/** A shell waits no longer for ids. */
const PATIENCE_MS = 2_000;
const ABOUT_LENGTH = 60;

/** Prints the script of a shell. */
export async function printScript({ io, globals }: CommandContext, shell: Shell): Promise<number> {
  const script = completionScript(shell, 'orchestrator');
  io.stdout.write(globals.json ? `${safeJson({ shell, script })}\n` : script);
  return EXIT.ok;
}

/**
 * Prints what fits behind the words, one a line with a tab and what it is, and last `:files`, `:folders` or `:none` for what
 * the shell is to offer besides. Without an instance there are no ids.
 */
export async function printSuggestions(program: Command, words: readonly string[], io: CliIo): Promise<number> {
  const { words: found, paths } = await suggest(program, words, idsInTime(io));
  const lines = found.map(({ value, about }) => (about ? `${value}\t${shortened(about)}` : value));
  io.stdout.write(`${[...lines, `:${paths}`].join('\n')}\n`);
  io.exitNow(EXIT.ok);
  return EXIT.ok;
}

function idsInTime(io: CliIo): LookUp {
  const quiet: CliIo = { ...io, stdout: SILENT, stderr: SILENT };
  return async (source, cursor) => {
    const { idsOf } = await import('../completion/look-up.ts');
    const asked = idsOf({ io: quiet, globals: globalsOf(cursor.options) }, source, cursor).catch(() => []);
    const found = await inTime(asked);
    return found.filter(({ value }) => !/[\s\p{C}]/u.test(value));
  };
}

const SILENT = { write: () => true };

/** What comes too late is left out; connections that it still holds end with the process. */
async function inTime<T>(asked: Promise<readonly T[]>): Promise<readonly T[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly T[]>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, []);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

function globalsOf(options: ReadonlyMap<string, string | true>): GlobalOptions {
  const [config, dataDir] = [options.get('config'), options.get('dataDir')];
  return {
    ...(typeof config === 'string' ? { config } : {}),
    ...(typeof dataDir === 'string' ? { dataDir } : {}),
    ...(options.has('simulate') ? { simulate: true } : {}),
    color: false,
  };
}

function shortened(about: string): string {
  const line = safeLine(about);
  return line.length > ABOUT_LENGTH ? `${line.slice(0, ABOUT_LENGTH - 1)}…` : line;
}
