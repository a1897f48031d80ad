/** Arguments that were left out, asked for on a terminal: ids are chosen from those that exist. Host side, terminal only. */
import type { Argument } from 'commander';
import { idsOf } from '../completion/look-up.ts';
import type { CommandContext, GlobalOptions } from '../context.ts';
import { type CliIo, canDraw } from '../io.ts';
import { sourceOf } from '../program/completes.ts';
import type { UsageError } from '../usage-error.ts';
import { safeLine } from '../view/safe-text.ts';
import { quoted } from '../view/typed.ts';

/** The word to add to the command line `argv`; undefined: nothing can be asked, or nobody answered. */
export async function askForMissing(
  error: UsageError,
  io: CliIo,
  argv: readonly string[],
): Promise<string | undefined> {
  const { command, missing } = error;
  const globals = command.optsWithGlobals<GlobalOptions>();
  if (!missing || globals.json || !io.stdinIsTTY || !canDraw(io)) return undefined;
  const source = sourceOf(missing);
  const context: CommandContext = { io, globals };
  const operands = command.args;
  const options = new Map(Object.entries(command.opts<Record<string, string | true>>()));
  const answer = source
    ? await choose(io, missing, await idsOf(context, source, { operands, options }))
    : await type(missing);
  if (answer !== undefined) io.stderr.write(`$ ${['orchestrator', ...argv, answer].map(quoted).join(' ')}\n`);
  return answer;
}

async function choose(
  io: CliIo,
  { description }: Argument,
  ids: readonly { value: string; about: string }[],
): Promise<string | undefined> {
  if (ids.length === 0) {
    io.stderr.write(`There is none to choose (${description}).\n`);
    return undefined;
  }
  const { isCancel, select } = await import('@clack/prompts');
  const answer = await select({
    message: `Which? (${description})`,
    maxItems: 12,
    options: ids.map(({ value, about }) => ({ value, label: `${value}  ${safeLine(about)}`.slice(0, 110) })),
  });
  return isCancel(answer) ? undefined : answer;
}

async function type({ description, parseArg }: Argument): Promise<string | undefined> {
  const { isCancel, text } = await import('@clack/prompts');
  const answer = await text({
    message: `${description.charAt(0).toUpperCase()}${description.slice(1)}:`,
    validate: (value) => problemOf(value ?? '', parseArg),
  });
  return isCancel(answer) ? undefined : answer;
}

function problemOf(value: string, parse: Argument['parseArg']): string | undefined {
  if (value.trim() === '') return 'It must not be empty.';
  try {
    parse?.(value, undefined);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
