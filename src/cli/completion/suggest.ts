/** Suggestions for a command line: commands, flags, values of a fixed set, ids. Host side. */
import type { Argument, Command, Option } from 'commander';
import { type Source, sourceOf } from '../program/completes.ts';
import { type Cursor, cursorOf } from './cursor.ts';

/** A word that fits, and what it is. */
export interface Suggestion {
  readonly value: string;
  readonly about: string;
}

/** What fits at the cursor; `paths`: what the shell offers besides. */
export interface Suggestions {
  readonly words: readonly Suggestion[];
  readonly paths: 'none' | 'files' | 'folders';
}

/** Gives the values of a source; never throws, and never takes long. */
export type LookUp = (source: Source, cursor: Cursor) => Promise<readonly Suggestion[]>;

/** What fits behind the words; the last one is being typed. */
export async function suggest(program: Command, words: readonly string[], lookUp: LookUp): Promise<Suggestions> {
  const cursor = cursorOf(program, words);
  const { words: found, paths } = await candidates(cursor, lookUp);
  const fitting = found.filter(({ value }) => value.startsWith(cursor.begun));
  return { words: fitting.map(({ value, about }) => ({ value: cursor.prefix + value, about })), paths };
}

async function candidates(cursor: Cursor, lookUp: LookUp): Promise<Suggestions> {
  const { at, command, operands } = cursor;
  if (at === 'flag') return { words: flagsOf(command), paths: 'none' };
  const commands = operands.length === 0 && !isOption(at) ? commandsOf(command) : [];
  const values = at === undefined ? NOTHING : await valuesOf(at, cursor, lookUp);
  const words = [...commands, ...values.words];
  // Where nothing else can come, flags are what is left to say.
  if (words.length > 0 || values.paths !== 'none' || at !== undefined) return { words, paths: values.paths };
  return { words: cursor.prefix === '' ? flagsOf(command) : [], paths: 'none' };
}

const NOTHING: Suggestions = { words: [], paths: 'none' };

async function valuesOf(at: Option | Argument, cursor: Cursor, lookUp: LookUp): Promise<Suggestions> {
  if (at.argChoices) return { words: at.argChoices.map((value) => ({ value, about: '' })), paths: 'none' };
  const source = sourceOf(at);
  if (source === 'files' || source === 'folders') return { words: [], paths: source };
  return { words: source === undefined ? [] : await lookUp(source, cursor), paths: 'none' };
}

function isOption(at: Cursor['at']): at is Option {
  return typeof at === 'object' && 'long' in at;
}

function commandsOf(command: Command): Suggestion[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((each) => ({ value: each.name(), about: each.description() }));
}

function flagsOf(command: Command): Suggestion[] {
  const help = command.createHelp();
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  return options.flatMap(({ long, description }) => (long ? [{ value: long, about: description }] : []));
}
