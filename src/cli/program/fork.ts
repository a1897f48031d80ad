/** The command that forks a goal. Host side. */
import { type Command, Option } from 'commander';
import { completes, goalId, outputOption } from './completes.ts';
import { example, GOAL, type Start } from './start.ts';
import { collect, usd } from './values.ts';

export function addFork(goals: Command, start: Start): void {
  example(
    goals
      .command('fork')
      .description('start a new goal from one with edits; what is unchanged is taken over and not paid again')
      .addArgument(goalId('goals'))
      .addOption(completes(new Option('--task <task>', 'the task that changes, with one or more of:'), 'tasks'))
      .option('--instructions <text>', '  what its agent must do')
      .option('--title <text>', '  its title')
      .addOption(completes(new Option('--agent <name>', '  its agent'), 'agents'))
      .addOption(new Option('--tier <tier>', '  its model tier').choices(['fast', 'balanced', 'deep']))
      .addOption(completes(new Option('--file <edits>', 'a list of edits (YAML or JSON), made first'), 'files'))
      .addOption(
        completes(
          new Option('--rerun <task>', 'run this task again though nothing has changed; may be repeated'),
          'tasks',
        ).argParser(collect),
      )
      .option('--budget <usd>', 'USD the fork may spend: a hard stop', usd)
      .addOption(new Option('--verify <mode>', 'what the checker checks').choices(['off', 'final', 'each-task']))
      .addOption(new Option('--synthesis <mode>', 'whether one deliverable is written').choices(['on', 'off']))
      .option('--preview', 'show what would run and its price, and start nothing')
      .option('-y, --yes', 'do not ask back')
      .addOption(outputOption())
      .option('--json-events', 'print every event as a line of JSON, the result last')
      .option('-d, --detach', 'start the fork and return')
      .action((goal, flags, command) =>
        start(command, async (context) => (await import('../commands/fork.ts')).forkGoal(context, goal, flags)),
      ),
    [
      `orchestrator goals fork ${GOAL} --task draft --instructions "Write it as a table" --preview`,
      `orchestrator goals fork ${GOAL} --task draft --tier deep -y`,
      `orchestrator goals fork ${GOAL} --rerun research --budget 2`,
      `orchestrator goals fork ${GOAL} --file edits.yaml`,
    ],
  );
}
