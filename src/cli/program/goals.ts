/** Commands for goals that were started. Host side. */
import { Argument, type Command, Option } from 'commander';
import { completes, goalId, outputOption } from './completes.ts';
import { addEditPlan } from './edit-plan.ts';
import { addFork } from './fork.ts';
import { example, GOAL, type Start } from './start.ts';
import { addTellGoal } from './tell-goal.ts';
import { own, rowLimit, usd, wholeNumber } from './values.ts';

const STATUSES = ['queued', 'planning', 'running', 'synthesising', 'verifying', 'cancelling'];
const ENDS = ['completed', 'partial', 'failed', 'cancelled'];

export function addGoals(program: Command, start: Start): void {
  const goals = program.command('goals').description('list, show, watch, steer and pay for goals');
  example(goals, [
    'orchestrator goals list',
    `orchestrator goals show ${GOAL}`,
    `orchestrator goals watch ${GOAL}`,
    `orchestrator goals cancel ${GOAL} --wait`,
  ]);
  addViews(goals, start);
  addEnds(goals, start);
  addTellGoal(goals, start);
  addEditPlan(goals, start);
  addFork(goals, start);
  example(
    goals
      .command('raise-budget')
      .description('set a higher budget; a goal that waits for it goes on')
      .addArgument(goalId())
      .addArgument(new Argument('<usd>', 'the new budget of the whole goal in USD').argParser(usd))
      .action((id, budgetUsd, ...[, command]) =>
        start(command, async (context) => (await load()).raiseBudget(context, id, budgetUsd)),
      ),
    [`orchestrator goals raise-budget ${GOAL} 5`],
  );
}

const load = () => import('../commands/goals.ts');

function addViews(goals: Command, start: Start): void {
  example(
    goals
      .command('list')
      .description('list goals, newest first')
      .addOption(new Option('--status <status...>', 'only with these').choices([...STATUSES, ...ENDS]))
      .option('--tag <tag>', 'only with this label')
      .option('--limit <n>', 'at most so many (default 50)', rowLimit)
      .addOption(completes(new Option('--before <id>', 'only those older than this goal'), 'goals'))
      .action((flags, command) =>
        start(command, async (context) =>
          (await load()).listGoals(context, own(flags, ['status', 'tag', 'limit', 'before'])),
        ),
      ),
    ['orchestrator goals list --status running planning', 'orchestrator goals list --tag weekly --json'],
  );
  example(
    goals
      .command('show')
      .description('show everything about a goal')
      .addArgument(goalId('goals'))
      .option('--deliverable', 'print the deliverable only')
      .addOption(outputOption())
      .action((id, flags, command) => start(command, async (context) => (await load()).showGoal(context, id, flags))),
    [
      `orchestrator goals show ${GOAL}`,
      `orchestrator goals show ${GOAL} --deliverable`,
      `orchestrator goals show ${GOAL} --json`,
    ],
  );
  example(
    goals
      .command('watch')
      .description('follow a goal to its end; the exit code is that of its status')
      .addArgument(goalId('goals'))
      .option('--after <seq>', 'leave out events up to this sequence number', wholeNumber)
      .addOption(outputOption())
      .option('--json-events', 'print every event as a line of JSON, the result last')
      .action((id, flags, command) => start(command, async (context) => (await load()).watchGoal(context, id, flags))),
    [
      `orchestrator goals watch ${GOAL}`,
      `orchestrator goals watch ${GOAL} -o report.md`,
      `orchestrator goals watch ${GOAL} --after 120 --json-events`,
    ],
  );
}

function addEnds(goals: Command, start: Start): void {
  example(
    goals
      .command('cancel')
      .description('cancel a goal; finished results are kept')
      .addArgument(goalId())
      .option('--wait', 'return when it has ended')
      .action((id, flags, command) => start(command, async (context) => (await load()).cancelGoal(context, id, flags))),
    [`orchestrator goals cancel ${GOAL}`, `orchestrator goals cancel ${GOAL} --wait`],
  );
  example(
    goals
      .command('resume')
      .description('tell a goal that waits (e.g. for credentials) to go on')
      .addArgument(goalId())
      .action((id, _flags, command) => start(command, async (context) => (await load()).resumeGoal(context, id))),
    [`orchestrator goals resume ${GOAL}`],
  );
}
