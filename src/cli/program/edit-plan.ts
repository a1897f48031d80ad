/** Commands that change the plan of a running goal. Host side. */
import { Argument, type Command, Option } from 'commander';
import { completes, goalId, taskId } from './completes.ts';
import { example, GOAL, type Start } from './start.ts';

export function addEditPlan(goals: Command, start: Start): void {
  example(
    flagged(goals.command('edit'))
      .description('change the plan while it runs: add, remove, change, skip, retry tasks')
      .addArgument(goalId())
      .addOption(
        completes(
          new Option('--file <edit>', 'operations (YAML or JSON); `-`: from standard input'),
          'files',
        ).makeOptionMandatory(),
      )
      .action((goal, flags, command) =>
        start(command, async (context) => (await commands()).editFromFile(context, goal, flags)),
      ),
    [
      `orchestrator goals edit ${GOAL} --file edit.yaml --preview`,
      `orchestrator goals edit ${GOAL} --file - -y < edit.yaml`,
    ],
    'All of it holds or nothing. What has started stays as it is; what has failed can be retried.',
  );
  example(
    flagged(goals.command('skip-task'))
      .description('give up a task that has not started; what needs it is skipped as well')
      .addArgument(goalId())
      .addArgument(taskId())
      .action((goal, task, ...[flags, command]) =>
        start(command, async (context) =>
          (await commands()).editPlan(context, goal, { ...flags, operations: [{ op: 'skip', taskId: task }] }),
        ),
      ),
    [`orchestrator goals skip-task ${GOAL} draft --preview`],
  );
  addRetry(goals, start);
  example(
    flagged(goals.command('reassign'))
      .description('give a task that has not started to another agent')
      .addArgument(goalId())
      .addArgument(taskId())
      .addArgument(completes(new Argument('<agent>', 'name of the agent'), 'agents'))
      .action((goal, task, ...[agent, flags, command]) =>
        start(command, async (context) =>
          (await commands()).editPlan(context, goal, { ...flags, operations: [{ op: 'change', taskId: task, agent }] }),
        ),
      ),
    [`orchestrator goals reassign ${GOAL} draft analyst`],
  );
}

function addRetry(goals: Command, start: Start): void {
  example(
    flagged(goals.command('retry-task'))
      .description('start a failed, cancelled or skipped task afresh; what was skipped for it waits again')
      .addArgument(goalId())
      .addArgument(taskId())
      .addOption(new Option('--tier <tier>', 'on this model tier').choices(['fast', 'balanced', 'deep']))
      .addOption(completes(new Option('--agent <name>', 'by this agent'), 'agents'))
      .option('--instructions <text>', 'with these instructions')
      .action((goal, task, ...[flags, command]) =>
        start(command, async (context) => {
          const { tier, agent, instructions, preview, yes } = flags;
          const fields = Object.entries({ tier, agent, instructions }).filter(([, value]) => value !== undefined);
          const operations = [{ op: 'retry', taskId: task, ...Object.fromEntries(fields) }] as const;
          return (await commands()).editPlan(context, goal, { preview, yes, operations });
        }),
      ),
    [`orchestrator goals retry-task ${GOAL} draft --tier deep`],
    'While other tasks of the goal still run; of a goal that has ended make a fork.',
  );
}

function flagged(command: Command): Command {
  return command
    .option('--preview', 'show what would change and cost, and change nothing')
    .option('-y, --yes', 'do not ask back');
}

const commands = () => import('../commands/edit-plan.ts');
