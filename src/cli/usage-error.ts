/** A command line that does not fit: what is wrong with it, and in which command. Host side. */
import { type Argument, Command, type ErrorOptions, type HelpContext } from 'commander';
import { type Source, sourceOf } from './program/completes.ts';

/** Dotted codes by what Commander calls the problem. */
const CODES: Readonly<Record<string, string>> = {
  'commander.unknownOption': 'usage.unknown-option',
  'commander.unknownCommand': 'usage.unknown-command',
  'commander.missingArgument': 'usage.missing-argument',
  'commander.optionMissingArgument': 'usage.missing-value',
  'commander.missingMandatoryOptionValue': 'usage.missing-option',
  'commander.conflictingOption': 'usage.conflicting-options',
  'commander.excessArguments': 'usage.too-many-arguments',
  'commander.invalidArgument': 'usage.invalid-value',
};

/** The command that lists what can be named. */
const LISTS: Readonly<Partial<Record<Source, string>>> = {
  goals: 'goals list',
  'open-goals': 'goals list',
  tasks: 'goals show',
  approvals: 'approvals list',
  questions: 'approvals list',
  schedules: 'schedules list',
  agents: 'agents',
  accounts: 'budget show',
};

/** `command`: the one that was called. `missing`: its first argument that is not there. */
export class UsageError extends Error {
  readonly command: Command;
  readonly code: string;
  readonly missing: Argument | undefined;

  constructor(command: Command, message: string, code: string) {
    super(message);
    this.name = 'UsageError';
    this.command = command;
    this.code = code;
    const all = command.registeredArguments;
    this.missing = code === 'usage.missing-argument' ? all[command.args.length] : undefined;
  }

  /** What to do now. */
  get remedy(): string {
    const how = `\`${fullName(this.command)} --help\` shows how it is used, with examples.`;
    const source = this.missing && sourceOf(this.missing);
    const list = source && LISTS[source];
    const of = source === 'tasks' ? ` ${this.command.args[0] ?? '<id>'}` : '';
    return list ? `\`orchestrator ${list}${of}\` lists what there is; ${how}` : how;
  }
}

/** A command whose usage errors are thrown, so that one place tells them: as text, as JSON, or by asking. */
export class CliCommand extends Command {
  override createCommand(name?: string): CliCommand {
    return new CliCommand(name);
  }

  override error(message: string, options?: ErrorOptions): never {
    const code = options?.code ?? '';
    // A command that has some of its own was probably meant to be one of them.
    if (code === 'commander.excessArguments' && this.commands.length > 0) return this.#unknownCommand();
    throw new UsageError(this, sentence(message), CODES[code] ?? 'usage.invalid');
  }

  /** Commander calls it where a command was left out. */
  override help(context?: HelpContext | ((text: string) => string)): never {
    if (typeof context !== 'object' || !context.error) return super.help(context as HelpContext);
    throw new UsageError(this, `Which command of \`${fullName(this)}\`?`, 'usage.missing-command');
  }

  #unknownCommand(): never {
    // Untyped in Commander, which keeps its search for near names to itself.
    return (this as unknown as { unknownCommand(): never }).unknownCommand();
  }
}

/** `orchestrator goals show`. */
export function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

/** Commander's `error: unknown option '--x'` as a sentence; a suggestion stays in its line. */
function sentence(message: string): string {
  const [first = '', ...more] = message.replace(/^error: /, '').split('\n');
  const text = [first.charAt(0).toUpperCase() + first.slice(1), ...more.map((line) => line.replace(/^\(|\)$/g, ''))];
  return text.map((line) => (/[.?!]$/.test(line) ? line : `${line}.`)).join(' ');
}
