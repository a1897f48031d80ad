/** Collects what the store, Temporal, the simulator and the workspaces know when a chaos run is over. Test kit, host side. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import pg from 'pg';
import { callKey } from '../../core/contracts/ids.ts';
import { priceUsage } from '../../integrations/claude/prices.ts';
import { connectTemporal } from '../../integrations/temporal/connect-temporal.ts';
import type { RequestEntry } from '../../simulator/index.ts';
import { clientConfig } from '../../store/connection.ts';
import { eventMs, type History } from '../history.ts';
import { modelCallKeys } from '../model-calls.ts';
import type {
  Accounts,
  BudgetAccount,
  ExtraSpend,
  RecordedCall,
  SeenRequest,
  SeenWorkflow,
  StoredGoal,
} from './accounts.ts';
import type { Stage } from './stage.ts';

type FromStore = Pick<Accounts, 'goals' | 'calls' | 'ledgerMicroUsd' | 'extraSpend' | 'budgets'>;
type FromTemporal = Pick<Accounts, 'visible' | 'workflows'>;
type FromSimulator = Pick<Accounts, 'requests' | 'incidents'>;

/** Reads all of it; nothing may be going on any more. */
export async function readAccounts(stage: Stage): Promise<FromStore & FromTemporal & FromSimulator> {
  const fromStore = await readStore(stage);
  const recorded = new Set(fromStore.calls.map(({ requestId }) => requestId));
  const [fromTemporal, fromSimulator] = [
    await readTemporal(stage, fromStore.goals.length),
    await readSimulator(stage, recorded),
  ];
  return { ...fromStore, ...fromTemporal, ...fromSimulator };
}

/** Goals that have not ended. */
export async function openGoals(stage: Stage): Promise<number> {
  const [row] = await query<{ open: string }>(
    stage,
    'select count(*) as open from orchestrator.goals where ended_at is null',
  );
  return Number(row?.open);
}

async function query<Row>(stage: Stage, statement: string): Promise<Row[]> {
  const client = new pg.Client(clientConfig(stage.store.current.connection, 'chaos-accounts'));
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(statement)).rows as Row[];
  } finally {
    await client.end();
  }
}

async function readStore(stage: Stage): Promise<FromStore> {
  const calls = await query<RecordedCall & CallColumns & { at: Date }>(stage, RECORDED_CALLS);
  const [ledger] = await query<{ sum: string }>(
    stage,
    'select coalesce(sum(cost_micro_usd), 0) as sum from orchestrator.usage_ledger',
  );
  const extra = await query<CallColumns & Pick<ExtraSpend, 'kind'> & { cost: string }>(stage, EXTRA_SPEND);
  const budgets = await query<Record<'account' | 'settled' | 'reserved', string> & { cap: string | null }>(
    stage,
    BUDGETS,
  );
  return {
    goals: await readGoals(stage),
    calls: calls.map((row) => ({
      key: keyOf(row),
      requestId: row.requestId,
      recordedAt: row.at.getTime(),
      costMicroUsd: Number(row.costMicroUsd),
    })),
    ledgerMicroUsd: Number(ledger?.sum),
    extraSpend: extra.map((row) => ({ key: keyOf(row), kind: row.kind, microUsd: Number(row.cost) })),
    budgets: budgets.map(
      (row): BudgetAccount => ({
        account: row.account,
        capMicroUsd: row.cap === null ? null : Number(row.cap),
        settledMicroUsd: Number(row.settled),
        reservedMicroUsd: Number(row.reserved),
      }),
    ),
  };
}

interface CallColumns {
  readonly goal_id: string;
  readonly task_id: string;
  readonly revision: number;
  readonly turn: number;
}

const keyOf = ({ goal_id: goalId, task_id: taskId, revision, turn }: CallColumns): string =>
  callKey({ goalId, taskId, revision, turn });

const RECORDED_CALLS = `
  select goal_id, task_id, revision, turn, request_id as "requestId", recorded_at as at, cost_micro_usd as "costMicroUsd"
  from orchestrator.model_calls left join orchestrator.usage_ledger using (tenant, goal_id, task_id, revision, turn)
  where recorded_at is not null`;
const EXTRA_SPEND = 'select goal_id, task_id, revision, turn, kind, micro_usd as cost from orchestrator.extra_spend';
const BUDGETS = `select account, cap_micro_usd as cap, settled_micro_usd as settled, reserved_micro_usd as reserved
  from orchestrator.budget_accounts`;
const GOALS = `select goal_id, idempotency_key, status, reason, ended_at is not null as ended from orchestrator.goals`;
const OUTPUTS = `
  select distinct on (r.goal_id, r.task_id) r.goal_id, r.task_id, convert_from(b.bytes, 'UTF8') as output
  from orchestrator.task_results r join orchestrator.blobs b on b.tenant = r.tenant and b.hash = r.output_hash
  order by r.goal_id, r.task_id, r.revision desc`;

async function readGoals(stage: Stage): Promise<StoredGoal[]> {
  const goals = await query<{
    goal_id: string;
    idempotency_key: string;
    status: string;
    reason: string | null;
    ended: boolean;
  }>(stage, GOALS);
  const outputs = await query<{ goal_id: string; task_id: string; output: string }>(stage, OUTPUTS);
  return Promise.all(
    goals.map(async ({ goal_id: goalId, idempotency_key: idempotencyKey, status, reason, ended }) => ({
      ...{ goalId, idempotencyKey, status, reason, ended },
      outputs: new Map(outputs.filter((row) => row.goal_id === goalId).map((row) => [row.task_id, row.output])),
      files: await readFiles(join(stage.dir, 'data', 'workspaces', 'default', goalId)),
    })),
  );
}

async function readFiles(folder: string): Promise<Map<string, string>> {
  const paths = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = paths.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = files.map(async (path) => [path.slice(folder.length + 1), await readFile(path, 'utf8')] as const);
  return new Map(await Promise.all(contents));
}

const VISIBILITY_MS = 10_000;

async function readTemporal(stage: Stage, expected: number): Promise<FromTemporal> {
  const namespace = 'default';
  const { client, close } = await connectTemporal({ address: stage.temporal.current.address, namespace });
  try {
    const count = async () => (await client.workflow.count()).count;
    let visible = await count();
    // Visibility is a moment later than what it shows.
    for (
      const until = Date.now() + VISIBILITY_MS;
      visible !== expected && Date.now() < until;
      visible = await count()
    ) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const workflows: SeenWorkflow[] = [];
    for await (const run of client.workflow.list()) workflows.push(await readWorkflow(client, run));
    return { visible, workflows };
  } finally {
    await close();
  }
}

async function readWorkflow(client: Client, run: WorkflowExecutionInfo): Promise<SeenWorkflow> {
  const history = await client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
  return {
    workflowId: run.workflowId,
    status: run.status.name,
    failedTasksInARow: failedInARow(history),
    ...callsOf(history),
  };
}

/** The server's way to say that something came in while the workflow was ending; it asks once more, and nothing is wrong. */
const UNHANDLED_COMMAND = 1;

function failedInARow({ events }: History): number {
  let [longest, row] = [0, 0];
  for (const { workflowTaskFailedEventAttributes: failed, workflowTaskCompletedEventAttributes: done } of events ??
    []) {
    if (done) row = 0;
    if (failed && failed.cause !== UNHANDLED_COMMAND) row += 1;
    longest = Math.max(longest, row);
  }
  return longest;
}

function callsOf(history: History): Pick<SeenWorkflow, 'callsDone' | 'callsGivenUp'> {
  const scheduled = modelCallKeys(history);
  const callsDone = new Map<string, number>();
  const callsGivenUp = new Set<string>();
  for (const event of history.events ?? []) {
    const started = event.activityTaskStartedEventAttributes;
    const tried = scheduled.get(String(started?.scheduledEventId));
    if (tried !== undefined && started?.lastFailure?.timeoutFailureInfo) callsGivenUp.add(tried);
    const ended =
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskCanceledEventAttributes ??
      event.activityTaskTimedOutEventAttributes;
    const key = scheduled.get(String(ended?.scheduledEventId));
    if (key !== undefined) callsDone.set(key, eventMs(event));
  }
  return { callsDone, callsGivenUp };
}

async function readSimulator(stage: Stage, recorded: ReadonlySet<string>): Promise<FromSimulator> {
  const requests = await stage.simulator.ask<(RequestEntry & { line: string })[]>('requests');
  const errors = await stage.simulator.ask<string[]>('scriptErrors');
  const names = new Map(stage.workers.map(({ name, lines }) => [lines.claude?.address, name]));
  const processes = [...stage.workers, stage.client].map((actor) => actor.process);
  return {
    requests: requests.map((request): SeenRequest => {
      const { usage, outcome, id, model, at, line } = request;
      const billed = usage !== undefined && (outcome === 'sent' || recorded.has(id));
      const seen = { ...request, process: names.get(line) ?? line };
      return billed ? { ...seen, billedMicroUsd: priceUsage(model, usage, new Date(at)) } : seen;
    }),
    incidents: [...[...processes, stage.temporal, stage.store].flatMap(({ crashes }) => crashes), ...errors],
  };
}
