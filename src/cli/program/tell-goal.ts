/** Commands that tell a running goal something: pause, steer, cancel-task. Host side. */
import { type Command, Option } from 'commander';
import { completes, goalId, taskId } from './completes.ts';
import { example, GOAL, type Start } from './start.ts';

export function addTellGoal(goals: Command, start: Start): void {
  const load = () => import('../commands/control.ts');
  example(
    goals
      .command('pause')
      .description('begin nothing new until it is resumed; calls in flight end')
      .addArgument(goalId())
      .action((id, _flags, command) => start(command, async (context) => (await load()).pauseGoal(context, id))),
    [`orchestrator goals pause ${GOAL}`],
  );
  example(
    goals
      .command('steer')
      .description('say something to the agents while they work')
      .addArgument(goalId())
      .argument('<text>', 'what is said')
      .addOption(completes(new Option('--task <task>', 'only to this task'), 'tasks'))
      .action((id, text, ...[flags, command]) =>
        start(command, async (context) => {
          const steering = { text, ...(flags.task === undefined ? {} : { taskId: flags.task }) };
          return (await load()).steerGoal(context, id, steering);
        }),
      ),
    [
      `orchestrator goals steer ${GOAL} "Prices in euros, please"`,
      `orchestrator goals steer ${GOAL} --task draft "Leave the table out"`,
    ],
  );
  example(
    goals
      .command('cancel-task')
      .description('cancel one task; what depends on it is skipped')
      .addArgument(goalId())
      .addArgument(taskId())
      .action((id, task, ...[, command]) =>
        start(command, async (context) => (await load()).cancelTask(context, id, task)),
      ),
    [`orchestrator goals cancel-task ${GOAL} draft`],
  );
}
