/** Where the cursor of a command line stands: in which command, and at which flag, value or argument. Pure. */
import type { Argument, Command, Option } from 'commander';

/** What stands before the cursor, and what is to come there. */
export interface Cursor {
  readonly command: Command;
  /** What is typed of the word so far; behind `--flag=` only what follows. */
  readonly begun: string;
  /** Stands before every suggestion: `--flag=`, or nothing. */
  readonly prefix: string;
  /** Arguments of the command typed before. */
  readonly operands: readonly string[];
  /** Options typed before, by attribute name, with their value. */
  readonly options: ReadonlyMap<string, string | true>;
  /** `flag`: the name of an option; else the value of that option or argument; undefined: nothing fits here. */
  readonly at: 'flag' | Option | Argument | undefined;
}

/** Reads the words behind the program's name; the last one is being typed and may be empty. */
export function cursorOf(program: Command, words: readonly string[]): Cursor {
  // `help` takes the name of a command.
  const typed = words[0] === 'help' ? words.slice(1, -1) : words.slice(0, -1);
  const begun = words.at(-1) ?? '';
  const walk = walkOver(program, typed);
  const common = { command: walk.command, operands: walk.operands, options: walk.options };
  if (walk.open && !isFlagBehind(walk.open, begun)) return { ...common, begun, prefix: '', at: walk.open };
  if (walk.plain) return { ...common, begun, prefix: '', at: argumentAt(walk) };
  const inline = /^(--[a-z-]+=)(.*)$/s.exec(begun);
  if (inline?.[1] !== undefined) {
    const at = optionNamed(walk.command, inline[1].slice(0, -1));
    return { ...common, begun: inline[2] ?? '', prefix: inline[1], at: at && takesValue(at) ? at : undefined };
  }
  if (begun.startsWith('-') && begun !== '-') return { ...common, begun, prefix: '', at: 'flag' };
  return { ...common, begun, prefix: '', at: argumentAt(walk) };
}

interface Walk {
  command: Command;
  readonly operands: string[];
  readonly options: Map<string, string | true>;
  /** An option whose value comes next. */
  open?: Option;
  /** After `--`: everything is an argument. */
  plain: boolean;
}

function walkOver(program: Command, words: readonly string[]): Walk {
  const walk: Walk = { command: program, operands: [], options: new Map(), plain: false };
  for (const word of words) step(walk, word);
  return walk;
}

function step(walk: Walk, word: string): void {
  const { open } = walk;
  if (open && !isFlagBehind(open, word)) {
    walk.options.set(open.attributeName(), word);
    if (!open.variadic) delete walk.open;
    return;
  }
  delete walk.open;
  if (walk.plain || !word.startsWith('-') || word === '-') {
    const next = walk.operands.length === 0 && !walk.plain ? subcommand(walk.command, word) : undefined;
    if (next) walk.command = next;
    else walk.operands.push(word);
  } else if (word === '--') walk.plain = true;
  else takeOption(walk, word);
}

/** A value that may be left out, or more values than one, end where the next flag begins. */
function isFlagBehind({ optional, variadic }: Option, word: string): boolean {
  return (optional || variadic) && word.startsWith('-');
}

function takeOption(walk: Walk, word: string): void {
  const [, name = word, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
  const option = optionNamed(walk.command, name);
  if (!option) return;
  walk.options.set(option.attributeName(), value ?? true);
  if (value === undefined && takesValue(option)) walk.open = option;
}

function subcommand({ commands }: Command, word: string): Command | undefined {
  return commands.find((each) => each.name() === word || each.aliases().includes(word));
}

/** Of the command, or of those above it. */
function optionNamed(command: Command, name: string): Option | undefined {
  for (let at: Command | null = command; at; at = at.parent) {
    const found = at.options.find((option) => option.long === name || option.short === name);
    if (found) return found;
  }
  return undefined;
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function argumentAt({ command, operands }: Walk): Argument | undefined {
  const { registeredArguments: all } = command;
  const last = all.at(-1);
  return all[operands.length] ?? (last?.variadic ? last : undefined);
}
