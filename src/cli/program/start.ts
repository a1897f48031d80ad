/** How a command is run, and how its help shows examples. Host side. */
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';

/** Runs a command with the options that hold for it, its own and the global ones. */
export type Start = (command: Command, work: (context: CommandContext) => Promise<number>) => Promise<void>;

/** Adds examples, and a note, to the command's help. */
export function example(command: Command, lines: readonly string[], note?: string): void {
  const text = lines.map((line) => `  $ ${line}`).join('\n');
  command.addHelpText('after', `\nExamples:\n${text}${note ? `\n\n${note}` : ''}`);
}

/** The goal of the examples. */
export const GOAL = '1m82gma22bsvrs18jcf6';
