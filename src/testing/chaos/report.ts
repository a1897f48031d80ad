/** The tables of a chaos run. Test kit, pure. */
import type { Accounts } from './accounts.ts';
import type { DoneFault } from './carry-out.ts';
import { CELLS, FAULT_KINDS, MOMENTS } from './fault-table.ts';
import { inFlightAt, type Repeat, repeatsOf } from './repeats.ts';

/** Faults by kind and moment with recoveries, the accounting, what was paid again, and the breaches. */
export function report(accounts: Accounts, breaches: readonly string[]): string {
  const { seed, minutes } = accounts;
  const verdict = breaches.length === 0 ? ['', 'The accounts close.'] : ['', `Breaches (seed ${seed}):`, ...breaches];
  return [
    `Chaos: ${minutes} min, seed ${seed}`,
    '',
    ...faultTable(accounts),
    '',
    ...accountTable(accounts),
    '',
    ...repeatTable(accounts),
    ...verdict,
    '',
  ].join('\n');
}

/**
 * From a fault to the end of the call it was aimed at, as its workflow knows it, or to the acknowledgement of the goal; ms.
 * Undefined when that was over before.
 */
export function recoveryMs({ key, at }: DoneFault, { workflows, submissions }: Accounts): number | undefined {
  const acknowledged = submissions.acknowledged.find(({ goalId }) => goalId === key)?.at;
  const done = acknowledged ?? workflows.map(({ callsDone }) => callsDone.get(key)).find((one) => one !== undefined);
  return done === undefined || done < at ? undefined : done - at;
}

function faultTable(accounts: Accounts): string[] {
  const { faults } = accounts;
  const rows = FAULT_KINDS.map((kind) => {
    const own = faults.filter((fault) => fault.kind === kind);
    const counts = MOMENTS.map((moment) => {
      const planned = CELLS.some((cell) => cell.kind === kind && cell.moment === moment);
      return planned ? String(own.filter((fault) => fault.moment === moment).length) : '';
    });
    return [kind, ...counts, ...recoveries(own, accounts)];
  });
  const counts = MOMENTS.map((moment) => String(faults.filter((fault) => fault.moment === moment).length));
  return table(
    ['faults', ...MOMENTS.map((moment) => moment.replace('-', ' ')), 'recovery p50', 'p95'],
    [...rows, ['all', ...counts, ...recoveries(faults, accounts)]],
  );
}

function recoveries(faults: readonly DoneFault[], accounts: Accounts): [string, string] {
  const times = faults.flatMap((fault) => recoveryMs(fault, accounts) ?? []).sort((a, b) => a - b);
  const at = (share: number): string => {
    const ms = times[Math.max(0, Math.ceil(times.length * share) - 1)];
    return ms === undefined ? '' : `${(ms / 1_000).toFixed(1)} s`;
  };
  return [at(0.5), at(0.95)];
}

function accountTable(accounts: Accounts): string[] {
  const { submissions, goals, visible, requests, calls, ledgerMicroUsd, extraSpend, faults, stalls } = accounts;
  const repeats = repeatsOf(accounts);
  const ended = goals.filter((goal) => goal.ended);
  const count = (status: string): string => String(ended.filter((goal) => goal.status === status).length);
  const bill = sum(requests.map(({ billedMicroUsd = 0 }) => billedMicroUsd));
  const again = sum(repeats.map(({ microUsd }) => microUsd));
  const booked = (kind: string): number =>
    sum(extraSpend.filter((extra) => extra.kind === kind).map(({ microUsd }) => microUsd));
  const touched = faults.reduce((total, fault) => total + inFlightAt(fault, accounts), 0);
  const ends = ['completed', 'partial', 'failed', 'cancelled'].map((status) => `${count(status)} ${status}`);
  return table(
    ['accounts', ''],
    [
      [
        'goals acknowledged (submissions, of which failed)',
        `${submissions.acknowledged.length} (${submissions.attempts}, ${submissions.failed})`,
      ],
      ['goals stored / counted by Visibility', `${goals.length} / ${visible}`],
      ['goals ended + open', `${ended.length} + ${goals.length - ended.length}`],
      ['of these', ends.join(', ')],
      [
        'calls recorded / requests / billed',
        `${calls.length} / ${requests.length} / ${requests.filter(({ billedMicroUsd }) => billedMicroUsd !== undefined).length}`,
      ],
      ['requests in flight at faults / paid again', `${touched} / ${repeats.length}`],
      ['recorded calls paid again', String(repeats.filter(({ late }) => late).length)],
      ['a process stood still for 1 s or more', `${stalls.length} times`],
      ['simulator’s bill', usd(bill)],
      ['paid again', usd(again)],
      ['bill less paid again', usd(bill - again)],
      ['ledger', usd(ledgerMicroUsd)],
      [
        'in the books beside it: duplicates / unknown, at most',
        `${usd(booked('duplicate'))} / ${usd(booked('unknown'))}`,
      ],
    ],
  );
}

function repeatTable(accounts: Accounts): string[] {
  const repeats = repeatsOf(accounts);
  if (repeats.length === 0) return ['Nothing was paid again.'];
  return table(
    ['paid again', 'USD', 'because of'],
    repeats.map((repeat) => [repeat.request.key, usd(repeat.microUsd), cause(repeat)]),
  );
}

function cause({ fault, machine }: Repeat): string {
  if (fault === undefined) return machine ? `the machine ${machine}` : 'a cancel, or nothing';
  return `${fault.number}: ${fault.kind}, ${fault.moment.replace('-', ' ')}`;
}

function usd(microUsd: number): string {
  return `$${(microUsd / 1_000_000).toFixed(6)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? ':'.padEnd(width, '-') : ':'.padStart(width, '-'))).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
