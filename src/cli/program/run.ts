/** The command that works on a goal. Host side. */
import { type Command, Option } from 'commander';
import { completes, outputOption } from './completes.ts';
import { example, type Start } from './start.ts';
import { collect, usd, wholeNumber } from './values.ts';

const APPROVE_PLAN = ['auto', 'ask', 'ask-above'];
const EFFECTS = ['pure', 'read', 'write', 'outward', 'destructive'];

export function addRun(program: Command, start: Start): void {
  example(
    program
      .command('run')
      .description('work on a goal; starts what is missing and shows the tasks as they run')
      .argument('[goal...]', 'the goal in quotes; - reads it from standard input')
      .addOption(
        completes(new Option('--plan <file>', 'run this plan (YAML or JSON) in place of one by the manager'), 'files'),
      )
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
      .addOption(
        new Option('--approve-plan <when>', 'whether you approve the plan before it runs').choices(APPROVE_PLAN),
      )
      .option('--ask-above-cost <usd>', 'approve plans that may cost more', usd)
      .option('--ask-above-tasks <n>', 'approve plans with more tasks', wholeNumber)
      .addOption(
        new Option('--ask-above-effects <effect>', 'approve plans whose agents have stronger tools').choices(EFFECTS),
      )
      .option('--budget-wait <seconds>', 'longest wait for a higher budget, then as partial', wholeNumber)
      .option('--batch', 'send calls as batches: half the price, but each may take up to a day')
      .option(
        '--priority <n>',
        '1 (last) to 5 (first) among your goals when calls must wait; 3 by default',
        wholeNumber,
      )
      .option('--tag <tag>', 'label to find the goal by; may be repeated', collect)
      .option('--idempotency-key <key>', 'the same key and goal give the same goal, not a second one')
      .addOption(outputOption())
      .option('--json-events', 'print every event as a line of JSON, the result last')
      .option('-d, --detach', 'start the goal and return')
      .action((words, flags, command) =>
        start(command, async (context) => (await import('../commands/run.ts')).run(context, words, flags)),
      ),
    [
      'orchestrator run "Compare three ways to store time series, for a team of four"',
      'orchestrator run --simulate "Plan a move of 14 cron jobs to a pipeline"',
      'orchestrator run --plan plan.yaml --verify each-task -o report.md "Quarterly report"',
      'orchestrator run --batch --detach "Summarise the 40 reports in the workspace by tomorrow"',
      'orchestrator run --approve-plan ask "Write to all customers about the new prices"',
      'cat goal.txt | orchestrator run --json - > result.json',
    ],
    'Ctrl-C asks whether to detach or cancel; a second one detaches. Without a terminal, SIGINT and SIGTERM detach.',
  );
}
