/** Commands for budgets above goals. Host side. */
import { Argument, type Command } from 'commander';
import { completes } from './completes.ts';
import { example, type Start } from './start.ts';
import { usd } from './values.ts';

export function addBudget(program: Command, start: Start): void {
  const budget = program
    .command('budget')
    .description('show and raise the budgets above the goals: tenant and schedules');
  example(budget, ['orchestrator budget show', 'orchestrator budget raise tenant 500']);
  example(
    budget
      .command('show')
      .description('what each may spend, has spent and holds for calls in flight')
      .action((_flags, command) =>
        start(command, async (context) => (await import('../commands/budget.ts')).showBudgets(context)),
      ),
    ['orchestrator budget show', 'orchestrator budget show --json'],
  );
  example(
    budget
      .command('raise')
      .description('set a higher limit; goals that wait for it go on')
      .addArgument(
        completes(new Argument('<account>', 'tenant (this month), tenant/<yyyy-mm> or schedule/<id>'), 'accounts'),
      )
      .addArgument(new Argument('<usd>', 'the new limit in USD').argParser(usd))
      .action((account, budgetUsd, ...[, command]) =>
        start(command, async (context) =>
          (await import('../commands/budget.ts')).raiseAccount(context, account, budgetUsd),
        ),
      ),
    ['orchestrator budget raise tenant 500', 'orchestrator budget raise schedule/nightly 20'],
  );
}
