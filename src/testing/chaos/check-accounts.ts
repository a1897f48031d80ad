/** What must hold when a chaos run is over; each breach is one line. Test kit, pure. */
import { goalWorkflowId } from '../../core/contracts/ids.ts';
import type { Accounts, StoredGoal } from './accounts.ts';
import { type ChaosGoal, chaosGoal, fileOf } from './chaos-goals.ts';
import { CELLS, FAULT_KINDS } from './fault-table.ts';
import { repeatsOf } from './repeats.ts';

/** Below it a run shows nothing: goals a minute that were acknowledged, and that completed with the right result. */
const LEAST_ACKNOWLEDGED = 30;
const LEAST_COMPLETED = 20;
const MOST_FAILED_TASKS = 3;

/** All breaches; an empty list is a run that holds. */
export function checkAccounts(accounts: Accounts): string[] {
  return [
    ...goalsIn(accounts),
    ...goalsOut(accounts),
    ...results(accounts),
    ...repeats(accounts),
    ...money(accounts),
    ...budgets(accounts),
    ...histories(accounts),
    ...coverage(accounts),
    ...accounts.incidents,
  ];
}

/** Acknowledged = stored = started, each once (G1, G25). */
function goalsIn({ submissions, goals, visible, workflows }: Accounts): string[] {
  const ids = new Set(submissions.acknowledged.map(({ goalId }) => goalId));
  const stored = new Set(goals.map(({ goalId }) => goalId));
  const known = new Set(workflows.map(({ workflowId }) => workflowId));
  const acknowledged = submissions.acknowledged.length;
  return [
    ...(ids.size === acknowledged ? [] : [`${acknowledged - ids.size} goals were acknowledged under another's id`]),
    ...[...ids].filter((id) => !stored.has(id)).map((id) => `goal ${id} was acknowledged and is lost`),
    ...[...stored].filter((id) => !ids.has(id)).map((id) => `goal ${id} is there and was never acknowledged`),
    ...[...stored].filter((id) => !known.has(goalWorkflowId(id))).map((id) => `goal ${id} is unknown to Temporal`),
    ...(visible === goals.length ? [] : [`Visibility counts ${visible} workflows for ${goals.length} goals`]),
  ];
}

/** Goals in = ended + open, and none is open (G2, G25). */
function goalsOut({ goals, workflows }: Accounts): string[] {
  const open = goals.filter(({ ended }) => !ended);
  const running = workflows.filter(({ status }) => status === 'RUNNING');
  return [
    ...open.map(({ goalId, status }) => `goal ${goalId} is stuck: ${status}`),
    ...running.map(({ workflowId }) => `workflow ${workflowId} is still running`),
  ];
}

/** What a goal handed in is what can be computed beforehand (G2). */
function results({ seed, submissions, goals }: Accounts): string[] {
  const byId = new Map(goals.map((goal) => [goal.goalId, goal]));
  return submissions.acknowledged.flatMap(({ number, goalId }) => {
    const [goal, wanted] = [byId.get(goalId), chaosGoal(seed, number)];
    if (goal === undefined || !goal.ended) return [];
    return [...endOf(goal, wanted), ...outputsOf(goal, wanted)].map((what) => `goal ${goalId} (${number}): ${what}`);
  });
}

function endOf({ status, reason, outputs }: StoredGoal, wanted: ChaosGoal): string[] {
  const allowed = ['completed'];
  if (wanted.cancelAfterMs !== undefined) allowed.push('cancelled');
  if (wanted.request.onBudget === 'partial') allowed.push('partial', 'failed');
  if (!allowed.includes(status)) return [`ended as ${status} (${reason ?? 'no reason'})`];
  const missing = [...wanted.outputs.keys()].filter((id) => !outputs.has(id));
  return status === 'completed' && missing.length > 0 ? [`completed without ${missing.join(', ')}`] : [];
}

function outputsOf({ outputs, files }: StoredGoal, wanted: ChaosGoal): string[] {
  return [...wanted.outputs].flatMap(([id, output]) => {
    const [got, file] = [outputs.get(id), files.get(fileOf(id))];
    if (got === undefined) return [];
    const wrote = !wanted.writers.has(id) || file === output;
    return [
      ...(got === output ? [] : [`task ${id} handed in ${JSON.stringify(got)}`]),
      ...(wrote ? [] : [`task ${id} left the file ${JSON.stringify(file)}`]),
    ];
  });
}

/** Nobody pays twice but for calls in flight at a fault, once for each fault and call (G4). */
function repeats(accounts: Accounts): string[] {
  const all = repeatsOf(accounts);
  const cancelled = new Set(accounts.goals.filter(({ status }) => status === 'cancelled').map(({ goalId }) => goalId));
  return [
    ...all
      .filter(({ fault, machine, request }) => !fault && !machine && !cancelled.has(request.key.split('/')[0] ?? ''))
      .map(({ request }) => `${request.key} was paid again without a fault of its own`),
    ...all
      .filter(({ late }) => late)
      .map(({ request }) => `${request.key} was sent again after its answer was recorded`),
  ];
}

/** Ledger = bill less what was paid again, to the micro-dollar; that stands in the books too (G25). */
function money(accounts: Accounts): string[] {
  const { requests, calls, ledgerMicroUsd, extraSpend } = accounts;
  const prices = new Map(requests.map((request) => [request.id, request.billedMicroUsd]));
  const all = repeatsOf(accounts);
  const bill = sum(requests.map(({ billedMicroUsd = 0 }) => billedMicroUsd));
  const again = sum(all.map(({ microUsd }) => microUsd));
  const keys = new Set(all.map(({ request }) => request.key));
  return [
    ...calls
      .filter(({ requestId, costMicroUsd }) => prices.get(requestId) !== costMicroUsd)
      .map(({ key, requestId, costMicroUsd }) => `${key} costs ${costMicroUsd}, billed ${prices.get(requestId)}`),
    ...(bill - again === ledgerMicroUsd
      ? []
      : [`the bill is ${bill}, again ${again}, but the ledger ${ledgerMicroUsd}`]),
    ...[...keys].flatMap((key) => {
      const paid = all.filter(({ request }) => request.key === key).map(({ microUsd }) => microUsd);
      const booked = extraSpend.filter((extra) => extra.key === key);
      return paid.length <= booked.length && sum(paid) <= sum(booked.map(({ microUsd }) => microUsd))
        ? []
        : [`${key} was paid again for ${sum(paid)}, in the books are ${JSON.stringify(booked)}`];
    }),
  ];
}

/** Settled + reserved ≤ cap, and nothing is held when all is over (G8). */
function budgets({ budgets: accounts }: Accounts): string[] {
  return accounts.flatMap(({ account, capMicroUsd, settledMicroUsd, reservedMicroUsd }) => [
    ...(capMicroUsd !== null && settledMicroUsd + reservedMicroUsd > capMicroUsd
      ? [`${account} is over: ${settledMicroUsd} + ${reservedMicroUsd} of ${capMicroUsd}`]
      : []),
    ...(reservedMicroUsd === 0 ? [] : [`${account} still holds ${reservedMicroUsd}`]),
  ]);
}

/** No poisoned run (G13). */
function histories({ workflows }: Accounts): string[] {
  return workflows
    .filter(({ failedTasksInARow }) => failedTasksInARow > MOST_FAILED_TASKS)
    .map(({ workflowId, failedTasksInARow }) => `${workflowId}: ${failedTasksInARow} workflow tasks failed in a row`);
}

/** No pass without faults, and none without success. */
function coverage({ faults, minutes, submissions, goals }: Accounts): string[] {
  const completed = goals.filter(({ status }) => status === 'completed').length;
  const acknowledged = submissions.acknowledged.length;
  return [
    ...CELLS.filter(({ kind, moment }) => !faults.some((one) => one.kind === kind && one.moment === moment)).map(
      ({ kind, moment }) => `${kind}, ${moment}: never happened`,
    ),
    ...FAULT_KINDS.filter((kind) => faults.filter((one) => one.kind === kind).length < minutes).map(
      (kind) => `${kind}: less than once a minute`,
    ),
    ...(completed >= LEAST_COMPLETED * minutes ? [] : [`only ${completed} goals completed in ${minutes} minutes`]),
    ...(acknowledged >= LEAST_ACKNOWLEDGED * minutes ? [] : [`only ${acknowledged} goals were acknowledged`]),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
