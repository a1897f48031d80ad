/** Commands for goals that start by themselves. Host side. */
import { Argument, type Command, Option } from 'commander';
import { completes } from './completes.ts';
import { example, type Start } from './start.ts';
import { collect, collectPair, usd, wholeNumber } from './values.ts';

const OVERLAPS = ['skip', 'bufferOne', 'bufferAll', 'cancelOther', 'terminateOther', 'allowAll'];

const id = () => completes(new Argument('<id>', 'id of the schedule'), 'schedules');
const load = () => import('../commands/schedules.ts');

export function addSchedules(program: Command, start: Start): void {
  const schedules = program.command('schedules').description('goals that start by themselves');
  example(schedules, [
    'orchestrator schedules create --id daily --cron @daily "What changed on {{date}}"',
    'orchestrator schedules list',
    'orchestrator schedules show daily',
  ]);
  const create = schedules
    .command('create')
    .description('make a schedule')
    .argument(
      '[goal...]',
      'the goal in quotes; may hold {{date}}, {{time}}, {{scheduledAt}}, {{lastResult}}, {{lastStatus}}',
    )
    .option('--id <id>', 'its name: lower-case letters, digits, hyphens')
    .option('--paused', 'starts nothing until it is resumed')
    .action((words, flags, command) =>
      start(command, async (context) => (await load()).createSchedule(context, words, flags)),
    );
  addTimes(create);
  example(
    create,
    [
      'orchestrator schedules create --id weekly --cron "0 7 * * 1" --timezone Europe/Berlin --budget 5 "The week before {{date}}"',
      'orchestrator schedules create --file nightly.yaml',
    ],
    'A file holds the schedule as YAML or JSON, with id, goal and one of cron, interval, calendar; flags go over it.',
  );
  example(
    schedules
      .command('list')
      .description('all schedules, with what comes next and what came last')
      .action((_flags, command) => start(command, async (context) => (await load()).listSchedules(context))),
    ['orchestrator schedules list', 'orchestrator schedules list --json'],
  );
  example(
    schedules
      .command('show')
      .description('everything about a schedule: the next ten times, the last twenty ticks and what became of them')
      .addArgument(id())
      .action((name, _flags, command) => start(command, async (context) => (await load()).showSchedule(context, name))),
    ['orchestrator schedules show weekly'],
  );
  const edit = schedules
    .command('edit')
    .description('change a schedule; what is not given stays')
    .addArgument(id())
    .argument('[goal...]', 'another goal text')
    .action((name, words, ...[flags, command]) =>
      start(command, async (context) => (await load()).editSchedule(context, name, { words, ...flags })),
    );
  addTimes(edit);
  example(edit, [
    'orchestrator schedules edit weekly --cron "0 8 * * 1"',
    'orchestrator schedules edit weekly --budget 20',
  ]);
  addControls(schedules, start);
}

function addTimes(command: Command): void {
  command
    .option('--cron <line>', 'five fields: minute, hour, day, month, weekday; or @hourly, @daily, @weekly, @monthly')
    .option('--every <duration>', 'in place of cron: 90s, 15m, 1h, 7d')
    .option('--offset <duration>', 'shifts --every')
    .option('--timezone <zone>', 'zone of its clocks, e.g. Europe/Berlin (default UTC)')
    .option('--jitter <duration>', 'put each tick off by a random time up to this')
    .addOption(new Option('--overlap <policy>', 'when the goal before still runs (default skip)').choices(OVERLAPS))
    .option('--catchup <duration>', 'a tick that could not start for so long is missed (default 10m)')
    .option('--budget <usd>', 'USD that all its goals together may spend', usd)
    .option('--start-at <time>', 'no tick before, e.g. 2027-03-01T00:00:00Z')
    .option('--end-at <time>', 'no tick after')
    .option('--limit <n>', 'so many ticks, then no more', wholeNumber)
    .option('--note <text>', 'for people')
    .option('--variable <name=value>', 'a variable of your own; may be repeated', collectPair)
    .option('--tag <tag>', 'label of its goals; may be repeated', collect)
    .addOption(completes(new Option('-f, --file <file>', 'read the schedule from this file (YAML or JSON)'), 'files'));
}

function addControls(schedules: Command, start: Start): void {
  example(
    schedules
      .command('delete')
      .description('remove a schedule; its goals stay')
      .addArgument(id())
      .action((name, _flags, command) =>
        start(command, async (context) => (await load()).deleteSchedule(context, name)),
      ),
    ['orchestrator schedules delete weekly'],
  );
  for (const [verb, what, note] of [
    ['pause', 'start nothing until it is resumed', ' --note "prices are wrong"'],
    ['resume', 'start again', ''],
  ] as const) {
    example(
      schedules
        .command(verb)
        .description(what)
        .addArgument(id())
        .option('--note <text>', 'why; shown until the next pause or resume')
        .action((name, flags, command) =>
          start(command, async (context) => (await load()).pauseSchedule(context, name, { verb, note: flags.note })),
        ),
      [`orchestrator schedules ${verb} weekly${note}`],
    );
  }
  example(
    schedules
      .command('trigger')
      .description('a tick now; its overlap policy holds')
      .addArgument(id())
      .action((name, _flags, command) =>
        start(command, async (context) => (await load()).triggerSchedule(context, name)),
      ),
    ['orchestrator schedules trigger weekly'],
  );
  example(
    schedules
      .command('backfill')
      .description('make up for the ticks of a time that has passed; those with a goal get no second one')
      .addArgument(id())
      .requiredOption('--from <time>', 'first time, e.g. 2027-03-01T00:00:00Z')
      .requiredOption('--to <time>', 'last time')
      .addOption(new Option('--overlap <policy>', 'one after the other (bufferAll) by default').choices(OVERLAPS))
      .action((name, flags, command) =>
        start(command, async (context) => (await load()).backfillSchedule(context, name, flags)),
      ),
    ['orchestrator schedules backfill weekly --from 2027-03-01T00:00:00Z --to 2027-03-15T00:00:00Z'],
  );
}
