/** Commands for what people decide: approvals, and the kill switch. Host side. */
import { Argument, type Command, Option } from 'commander';
import { completes } from './completes.ts';
import { example, type Start } from './start.ts';
import { own, rowLimit, usd } from './values.ts';

export function addApprovals(program: Command, start: Start): void {
  const approvals = program
    .command('approvals')
    .description('what waits for a person: list, show, approve, deny, answer');
  example(approvals, [
    'orchestrator approvals list',
    `orchestrator approvals show ${ITEM}`,
    `orchestrator approvals approve ${ITEM}`,
  ]);
  example(
    approvals
      .command('list')
      .description('what waits for a decision, newest first')
      .addArgument(completes(new Argument('[goal]', 'only of this goal'), 'goals'))
      .option('--all', 'also what was decided')
      .option('--limit <n>', 'at most so many (default 100)', rowLimit)
      .action((goalId, flags, command) =>
        start(command, async (context) =>
          (await import('../commands/approvals.ts')).listApprovals(context, goalId, own(flags, ['all', 'limit'])),
        ),
      ),
    ['orchestrator approvals list', 'orchestrator approvals list --all --json'],
  );
  example(
    approvals
      .command('show')
      .description('all that is needed to decide, with the exact arguments')
      .addArgument(item('approvals'))
      .action((id, _flags, command) =>
        start(command, async (context) => (await import('../commands/approvals.ts')).showApproval(context, id)),
      ),
    [`orchestrator approvals show ${ITEM}`],
  );
  for (const verdict of ['approve', 'deny'] as const) addVerdict(approvals, start, verdict);
  example(
    approvals
      .command('answer')
      .description('answer a question of an agent')
      .addArgument(item('questions'))
      .argument('<text>', 'the answer')
      .action((id, note, ...[, command]) =>
        start(command, async (context) => (await import('../commands/approvals.ts')).answer(context, id, note)),
      ),
    [`orchestrator approvals answer ${ITEM} "Euros"`],
  );
}

/** An id as `approvals list` shows it; quoted, since some shells take `#` for a comment. */
const ITEM = "'goal-1m82gma22bsvrs18jcf6#t7.0.2.0'";

function item(source: 'approvals' | 'questions'): Argument {
  return completes(new Argument('<id>', 'id of the item, as listed'), source);
}

export function addHalt(program: Command, start: Start): void {
  example(
    program
      .command('halt')
      .description('the kill switch: stop all sending and running within two seconds; without a target: what is halted')
      .addArgument(completes(new Argument('[goal]', 'only this goal'), 'halts'))
      .addOption(new Option('--tenant', 'all goals of this tenant').conflicts('all'))
      .option('--all', 'all goals of all tenants')
      .option('--reason <text>', 'why, for those who look later')
      .option('--release', 'let them go on')
      .action((goalId, flags, command) =>
        start(command, async (context) => (await import('../commands/halt.ts')).halt(context, goalId, flags)),
      ),
    [
      'orchestrator halt',
      'orchestrator halt 1m82gma22bsvrs18jcf6',
      'orchestrator halt --all --reason "wrong prices"',
      'orchestrator halt --all --release',
    ],
    'Calls in flight are cut and count as spent at their worst price. Goals stay open and wait.',
  );
}

function addVerdict(approvals: Command, start: Start, verdict: 'approve' | 'deny'): void {
  const command = approvals
    .command(verdict)
    .description(`${verdict} an item; the first verdict holds`)
    .addArgument(item('approvals'))
    .option('--hash <hash>', 'the hash that was seen; refused when it is not that any more')
    .option('--note <text>', 'the reason, kept with the verdict')
    .option('-y, --yes', 'do not ask back')
    .action((id, flags, called) =>
      start(called, async (context) =>
        (await import('../commands/approvals.ts')).decide(context, id, { ...flags, verdict }),
      ),
    );
  if (verdict === 'approve') {
    command.option('--for-goal', 'do not ask for this tool again in this goal');
    command.addOption(new Option('--budget <usd>', 'of a budget: its new limit').argParser(usd));
  }
  example(
    command,
    verdict === 'approve'
      ? [`orchestrator approvals approve ${ITEM}`, `orchestrator approvals approve ${ITEM} --for-goal -y`]
      : [`orchestrator approvals deny ${ITEM} --note "Leave out the draft"`],
    'A plan that is denied with a note is made again, without one the goal ends. Exit code 7: decided before, and otherwise.',
  );
}
