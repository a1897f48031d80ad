/** The command line: commands, flags and their help. Commands are loaded only when they run. Host side. */
import { type Command, Option } from 'commander';
import type { GlobalOptions } from './context.ts';
import { EXIT_CODES } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { addBudget } from './program/budget.ts';
import { addChat } from './program/chat.ts';
import { completes } from './program/completes.ts';
import { addApprovals, addHalt } from './program/decisions.ts';
import { addGoals } from './program/goals.ts';
import { addInstanceCommands } from './program/instance.ts';
import { addLookUps } from './program/look-ups.ts';
import { addRun } from './program/run.ts';
import { addSchedules } from './program/schedules.ts';
import { example, type Start } from './program/start.ts';
import { addStore } from './program/store.ts';
import { CliCommand } from './usage-error.ts';

/** What the program is built for. `done` gets the exit code of the command that ran. */
export interface ProgramOptions {
  readonly io: CliIo;
  readonly version: string;
  readonly done: (code: number) => void;
}

/** The whole program. In place of ending the process it throws: UsageError for what is wrong, CommanderError after help. */
export function buildProgram({ io, version, done }: ProgramOptions): Command {
  const program = new CliCommand('orchestrator');
  program
    .description('AI agents that work on a goal as a durable plan.')
    .version(version, '-V, --version', 'print the version')
    .addOption(
      completes(
        new Option('--config <file>', 'configuration file (default: config.yaml here, if there is one)'),
        'files',
      ),
    )
    .addOption(
      completes(new Option('--data-dir <dir>', 'folder of the instance, in place of the configured one'), 'folders'),
    )
    .option('--simulate', 'use made-up answers in place of Claude; such goals have an instance of their own')
    .option('--json', 'machine-readable output, errors too')
    .option('--no-color', 'no colours (also: NO_COLOR; FORCE_COLOR forces them)')
    .option('--debug', 'log more, and print stacks of errors')
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: 20, subcommandTerm })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? PIPE_COLUMNS,
      getErrHelpWidth: () => io.stderr.columns ?? PIPE_COLUMNS,
    })
    .helpCommand('help [command]', 'show the help of a command')
    .exitOverride();
  const start: Start = async (command, work) => {
    done(await work({ io, globals: command.optsWithGlobals<GlobalOptions>() }));
  };
  program.action((_flags, command) =>
    start(command, async (context) => (await import('./commands/overview.ts')).overview(context, version)),
  );
  addInstanceCommands(program, start);
  addRun(program, start);
  addChat(program, start);
  addGoals(program, start);
  addSchedules(program, start);
  addBudget(program, start);
  addApprovals(program, start);
  addHalt(program, start);
  addLookUps(program, start);
  addStore(program, start);
  example(
    program,
    [
      'orchestrator run --simulate "Plan a move of 14 cron jobs to a pipeline"',
      'orchestrator run "Compare three ways to store time series, for a team of four"',
      'orchestrator goals list',
    ],
    exitCodeHelp(),
  );
  return program;
}

/** That every command has flags need not be said. */
function subcommandTerm(command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const name = argument.name() + (argument.variadic ? '...' : '');
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...words].join(' ');
}

/** Width of help in a pipe. */
const PIPE_COLUMNS = 100;

function exitCodeHelp(): string {
  return `Exit codes:\n${EXIT_CODES.map(({ code, meaning }) => `  ${String(code).padEnd(4)} ${meaning}`).join('\n')}`;
}
