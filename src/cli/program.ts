/** The command line: commands, flags and their help. Commands are loaded only when they run. Host side. */
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext, GlobalOptions } from './context.ts';
import { EXIT_CODES } from './exit-codes.ts';
import type { CliIo } from './io.ts';

const SHELLS = ['bash', 'zsh', 'fish'];
const STATUSES = ['queued', 'planning', 'running', 'synthesising', 'verifying', 'cancelling'];
const ENDS = ['completed', 'partial', 'failed', 'cancelled'];

/** What the program is built for. `done` gets the exit code of the command that ran. */
export interface ProgramOptions {
  readonly io: CliIo;
  readonly version: string;
  readonly done: (code: number) => void;
}

/** Runs a command with the options that hold for it, its own and the global ones. */
type Start = (command: Command, work: (context: CommandContext) => Promise<number>) => Promise<void>;

/** The whole program. `exitOverride` is on: it throws CommanderError in place of ending the process. */
export function buildProgram({ io, version, done }: ProgramOptions): Command {
  const program = new Command('orchestrator');
  program
    .description('AI agents that work on a goal as a durable plan.')
    .version(version, '-V, --version', 'print the version')
    .option('--config <file>', 'configuration file (default: config.yaml here, if there is one)')
    .option('--data-dir <dir>', 'folder of the instance, in place of the configured one')
    .option('--simulate', 'use made-up answers in place of Claude; such goals have an instance of their own')
    .option('--json', 'machine-readable output')
    .option('--no-color', 'no colours (also: NO_COLOR; FORCE_COLOR forces them)')
    .option('--debug', 'log more, and print stacks of errors')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    })
    .showHelpAfterError('(add --help for the usage)')
    .exitOverride()
    .addHelpText('after', `\n${exitCodeHelp()}`);
  const start: Start = async (command, work) => {
    done(await work({ io, globals: command.optsWithGlobals<GlobalOptions>() }));
  };
  addInstanceCommands(program, start);
  addRun(program, start);
  addGoals(program, start);
  addLookUps(program, start);
  addStore(program, start);
  return program;
}

function addInstanceCommands(program: Command, start: Start): void {
  example(
    program
      .command('up')
      .description('start Temporal, PostgreSQL and a worker, all in one')
      .option('-d, --detach', 'leave it running in the background')
      .action((flags, command) =>
        start(command, async (context) => (await import('./commands/up.ts')).up(context, flags)),
      ),
    ['orchestrator up', 'orchestrator up --detach --simulate'],
  );
  program
    .command('status')
    .description('say whether an instance runs, and where')
    .action((_flags, command) =>
      start(command, async (context) => (await import('./commands/status.ts')).status(context)),
    );
  program
    .command('down')
    .description('stop the instance; open goals go on at the next start')
    .action((_flags, command) => start(command, async (context) => (await import('./commands/down.ts')).down(context)));
}

function addRun(program: Command, start: Start): void {
  example(
    program
      .command('run')
      .description('work on a goal; starts what is missing and shows the tasks as they run')
      .argument('[goal...]', 'the goal in quotes; - reads it from standard input')
      .option('--plan <file>', 'run this plan (YAML or JSON) in place of one by the manager')
      .addOption(new Option('--verify <mode>', 'what the checker checks').choices(['off', 'final', 'each-task']))
      .addOption(new Option('--synthesis <mode>', 'whether one deliverable is written').choices(['on', 'off']))
      .option('--max-parallel <n>', 'tasks that run at once', wholeNumber)
      .option('--max-tasks <n>', 'tasks that a plan may have', wholeNumber)
      .option('--budget <usd>', 'USD the goal may spend: a hard stop', usd)
      .addOption(
        new Option('--on-budget <what>', 'when it is used up: wait, or end with what is there').choices([
          'wait',
          'partial',
        ]),
      )
      .option('--tag <tag>', 'label to find the goal by; may be repeated', collect)
      .option('--idempotency-key <key>', 'the same key and goal give the same goal, not a second one')
      .option('-o, --output <file>', 'write the deliverable to this file')
      .option('--json-events', 'print every event as a line of JSON, the result last')
      .option('-d, --detach', 'start the goal and return')
      .action((words, flags, command) =>
        start(command, async (context) => (await import('./commands/run.ts')).run(context, words, flags)),
      ),
    [
      'orchestrator run "Compare three ways to store time series, for a team of four"',
      'orchestrator run --simulate "Plan a move of 14 cron jobs to a pipeline"',
      'orchestrator run --plan plan.yaml --verify each-task -o report.md "Quarterly report"',
      'cat goal.txt | orchestrator run --json - > result.json',
    ],
    'Ctrl-C asks whether to detach or cancel; a second one detaches. Without a terminal, SIGINT and SIGTERM detach.',
  );
}

function addGoals(program: Command, start: Start): void {
  const goals = program.command('goals').description('list, show, watch, cancel, resume and pay for goals');
  const id = () => new Argument('<id>', 'id of the goal');
  example(
    goals
      .command('list')
      .description('list goals, newest first')
      .addOption(new Option('--status <status...>', 'only with these').choices([...STATUSES, ...ENDS]))
      .option('--tag <tag>', 'only with this label')
      .option('--limit <n>', 'at most so many (default 50)', wholeNumber)
      .option('--before <id>', 'only those older than this goal')
      .action((flags, command) =>
        start(command, async (context) => (await import('./commands/goals.ts')).listGoals(context, filterOf(flags))),
      ),
    ['orchestrator goals list --status running planning', 'orchestrator goals list --tag weekly --json'],
  );
  goals
    .command('show')
    .description('show everything about a goal')
    .addArgument(id())
    .option('--deliverable', 'print the deliverable only')
    .option('-o, --output <file>', 'write the deliverable to this file')
    .action((goalId, flags, command) =>
      start(command, async (context) => (await import('./commands/goals.ts')).showGoal(context, goalId, flags)),
    );
  goals
    .command('watch')
    .description('follow a goal to its end; the exit code is that of its status')
    .addArgument(id())
    .option('--after <seq>', 'leave out events up to this sequence number', wholeNumber)
    .option('-o, --output <file>', 'write the deliverable to this file')
    .option('--json-events', 'print every event as a line of JSON, the result last')
    .action((goalId, flags, command) =>
      start(command, async (context) => (await import('./commands/goals.ts')).watchGoal(context, goalId, flags)),
    );
  goals
    .command('cancel')
    .description('cancel a goal; finished results are kept')
    .addArgument(id())
    .option('--wait', 'return when it has ended')
    .action((goalId, flags, command) =>
      start(command, async (context) => (await import('./commands/goals.ts')).cancelGoal(context, goalId, flags)),
    );
  goals
    .command('resume')
    .description('tell a goal that waits (e.g. for credentials) to go on')
    .addArgument(id())
    .action((goalId, _flags, command) =>
      start(command, async (context) => (await import('./commands/goals.ts')).resumeGoal(context, goalId)),
    );
  goals
    .command('raise-budget')
    .description('set a higher budget; a goal that waits for it goes on')
    .addArgument(id())
    .addArgument(new Argument('<usd>', 'the new budget of the whole goal in USD').argParser(usd))
    .action((goalId, budgetUsd, ...[, command]) =>
      start(command, async (context) => (await import('./commands/goals.ts')).raiseBudget(context, goalId, budgetUsd)),
    );
}

function addLookUps(program: Command, start: Start): void {
  program
    .command('agents')
    .description('list the agents that the manager may choose from')
    .action((_flags, command) =>
      start(command, async (context) => (await import('./commands/agents.ts')).agents(context)),
    );
  program
    .command('doctor')
    .description('check every part and say what to do about it')
    .action((_flags, command) =>
      start(command, async (context) => (await import('./commands/doctor.ts')).doctor(context)),
    );
  const config = program.command('config').description('show and check the configuration');
  config
    .command('show')
    .description('every setting with its value and where it comes from; secrets are masked')
    .action((_flags, command) =>
      start(command, async (context) => (await import('./commands/config.ts')).showConfig(context)),
    );
  config
    .command('validate')
    .description('check the configuration and the agent files')
    .action((_flags, command) =>
      start(command, async (context) => (await import('./commands/config.ts')).validateConfig(context)),
    );
  config
    .command('schema')
    .description('print the JSON Schema of config.yaml, for editors')
    .action((_flags, command) =>
      start(command, async (context) => (await import('./commands/config.ts')).showSchema(context)),
    );
  example(
    program
      .command('completion')
      .description('print a completion script for a shell')
      .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
      .action((shell, _flags, command) =>
        start(command, async () => (await import('./commands/completion.ts')).printScript(program.name(), shell)),
      ),
    ['source <(orchestrator completion bash)', 'orchestrator completion fish | source'],
    'The script for bash needs the package bash-completion.',
  );
}

function addStore(program: Command, start: Start): void {
  const store = program.command('store').description('export and import everything that is stored');
  store
    .command('export')
    .description('write the whole store to a file as JSON lines')
    .argument('<file>', 'a new file; - is standard output')
    .action((file, _flags, command) =>
      start(command, async (context) => (await import('./commands/store.ts')).exportTo(context, file)),
    );
  store
    .command('import')
    .description('read an export into an empty store')
    .argument('<file>', 'an exported file; - is standard input')
    .action((file, _flags, command) =>
      start(command, async (context) => (await import('./commands/store.ts')).importFrom(context, file)),
    );
}

function example(command: Command, lines: readonly string[], note?: string): void {
  const text = lines.map((line) => `  $ ${line}`).join('\n');
  command.addHelpText('after', `\nExamples:\n${text}${note ? `\n\n${note}` : ''}`);
}

function exitCodeHelp(): string {
  return `Exit codes:\n${EXIT_CODES.map(({ code, meaning }) => `  ${String(code).padEnd(4)} ${meaning}`).join('\n')}`;
}

/** No coercion: `0x10`, ` 7` and `1e3` are refused. */
function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** A decimal number; its size is checked at the door. */
function usd(text: string): number {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(text)) throw new InvalidArgumentError('It must be a number of USD, e.g. 2.50.');
  return Number(text);
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Of the options of `goals list` those that are its filter. */
function filterOf({ status, tag, limit, before }: Record<string, never>): Record<string, unknown> {
  return { status, tag, limit, before };
}
