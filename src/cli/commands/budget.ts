/** `orchestrator budget …`: the budgets above the goals, of the tenant's months and of schedules. Host side. */
import type { BudgetAccount } from '../../core/goal.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { loadSettings, withClient } from '../settings.ts';
import { formatUsd } from '../view/format.ts';
import { safeJson } from '../view/safe-text.ts';
import { table } from '../view/table.ts';

/** `budget show`: every account above the goals. */
export async function showBudgets({ io, globals }: CommandContext): Promise<number> {
  const accounts = await withClient(loadSettings({ io, globals }), (client) => client.budgets());
  if (globals.json) io.stdout.write(`${safeJson(accounts, 2)}\n`);
  else if (accounts.length === 0) io.stdout.write('No budgets above the goals: see `budgets.tenantMonthlyUsd`.\n');
  else {
    const head = ['ACCOUNT', 'LIMIT', 'SPENT', 'OF IT UNKNOWN', 'HELD', 'LEFT'];
    io.stdout.write(`${table(head, accounts.map(accountRow), io.stdout.columns).join('\n')}\n`);
  }
  return EXIT.ok;
}

function accountRow(account: BudgetAccount): string[] {
  const { capMicroUsd, settledMicroUsd, reservedMicroUsd, unknownMicroUsd } = account;
  const left = capMicroUsd === null ? 'no limit' : formatUsd(capMicroUsd - settledMicroUsd - reservedMicroUsd);
  return [
    account.account,
    capMicroUsd === null ? 'none' : formatUsd(capMicroUsd),
    formatUsd(settledMicroUsd),
    formatUsd(unknownMicroUsd),
    formatUsd(reservedMicroUsd),
    left,
  ];
}

/** `budget raise <account> <usd>`: a higher limit; goals that wait for it go on. */
export async function raiseAccount({ io, globals }: CommandContext, name: string, budgetUsd: number): Promise<number> {
  return withClient(loadSettings({ io, globals }), async (client) => {
    const raised = await client.raiseAccount(name, { budgetUsd });
    const text = `${raised.account} may now spend ${formatUsd(raised.capMicroUsd)}; goals that waited for it go on.`;
    io.stdout.write(globals.json ? `${safeJson(raised)}\n` : `${text}\n`);
    return EXIT.ok;
  });
}
