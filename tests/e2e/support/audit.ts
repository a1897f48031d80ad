/** What must hold of ended goals whatever was killed meanwhile: results, story, journal, and the ledger against the bill. */
import { callKey } from '../../../src/core/contracts/ids.ts';
import type { PlanInput } from '../../../src/core/plan.ts';
import { priceUsage } from '../../../src/integrations/claude/prices.ts';
import { expectedOutputs } from './plans.ts';
import type { System } from './system.ts';

/** What an audit reads; goals are plans by goal id. */
export type Audited = Pick<System, 'rows' | 'simulator'>;
export type Goals = ReadonlyMap<string, PlanInput>;

/** The accounts: `paidTwice` are the keys of calls that were answered more than once, money is in micro-USD. */
export interface Accounts {
  readonly calls: number;
  readonly ledger: number;
  readonly bill: number;
  readonly paidTwice: readonly string[];
}

/** Every goal completed with the results that its plan computes to, told without a gap, and paid as the bill says. */
export async function auditGoals(system: Audited, goals: Goals): Promise<Accounts> {
  await expectResults(system, goals);
  await expectStories(system, goals);
  return expectAccounts(system, [...goals.keys()]);
}

async function expectResults({ rows }: Audited, goals: Goals): Promise<void> {
  const ids = [...goals.keys()];
  const ends = await rows<{ goal_id: string; status: string; retried: number; open: number }>(
    `select goal_id, status, (census->'tasks'->>'retried')::int as retried,
       (select count(*)::int from orchestrator.tasks t where t.goal_id = g.goal_id and t.status <> 'done') as open
     from orchestrator.goals g where goal_id = any($1)`,
    [ids],
  );
  expect(ends).toHaveLength(ids.length);
  expect(ends.filter(({ status, retried, open }) => status !== 'completed' || retried > 0 || open > 0)).toEqual([]);
  const results = await rows<{ goal_id: string; task_id: string; output: string }>(
    `select r.goal_id, r.task_id, convert_from(b.bytes, 'UTF8') as output from orchestrator.task_results r
     join orchestrator.blobs b on b.tenant = r.tenant and b.hash = r.output_hash where r.goal_id = any($1)`,
    [ids],
  );
  const found = new Map(results.map(({ goal_id, task_id, output }) => [`${goal_id}/${task_id}`, output]));
  const wrong: string[] = [];
  for (const [goalId, plan] of goals) {
    for (const [taskId, output] of expectedOutputs(plan)) {
      const key = `${goalId}/${taskId}`;
      if (found.get(key) !== output) wrong.push(key);
    }
  }
  expect(wrong).toEqual([]);
}

/** Events contiguous from 1, each start and end told once, one end of a turn for each recorded call. */
async function expectStories({ rows }: Audited, goals: Goals): Promise<void> {
  const stories = await rows<{ goal_id: string; seqs: string[]; types: string[]; tasks: (string | null)[] }>(
    `select goal_id, array_agg(seq order by seq) as seqs, array_agg(type order by seq) as types,
       array_agg(task_id order by seq) as tasks from orchestrator.events where goal_id = any($1) group by goal_id`,
    [[...goals.keys()]],
  );
  expect(stories).toHaveLength(goals.size);
  for (const { goal_id, seqs, types, tasks } of stories) {
    expect(seqs.map(Number)).toEqual(seqs.map((_, index) => index + 1));
    for (const type of ['goal-start', 'plan-ready', 'goal-end']) {
      expect([goal_id, type, types.filter((one) => one === type).length]).toEqual([goal_id, type, 1]);
    }
    const ids = goals.get(goal_id)?.tasks.map(({ id }) => id) ?? [];
    for (const type of ['task-start', 'task-end']) {
      const told = tasks.filter((_, at) => types[at] === type);
      expect([goal_id, type, told.sort()]).toEqual([goal_id, type, [...ids].sort()]);
    }
  }
  const odd = await rows<{ goal_id: string }>(
    `select goal_id from orchestrator.goals g where goal_id = any($1) and
       (select count(*) from orchestrator.events e where e.goal_id = g.goal_id and type = 'turn-end')
       <> (select count(*) from orchestrator.model_calls m where m.goal_id = g.goal_id and recorded_at is not null)`,
    [[...goals.keys()]],
  );
  expect(odd).toEqual([]);
}

interface CallRow {
  readonly goal_id: string;
  readonly task_id: string;
  readonly revision: number;
  readonly turn: number;
  readonly recorded: boolean;
  readonly cost: string | null;
}

/** Each call recorded once and in the ledger at what its answer cost; what was answered again is listed. */
async function expectAccounts({ rows, simulator }: Audited, ids: readonly string[]): Promise<Accounts> {
  const calls = await rows<CallRow>(
    `select m.goal_id, m.task_id, m.revision, m.turn, m.recorded_at is not null as recorded, l.cost_micro_usd as cost
     from orchestrator.model_calls m left join orchestrator.usage_ledger l
     using (tenant, goal_id, task_id, revision, turn) where m.goal_id = any($1)`,
    [ids],
  );
  expect(calls.filter(({ recorded, cost }) => !recorded || cost === null)).toEqual([]);
  const costs = new Map(calls.map((call) => [keyOf(call), Number(call.cost)]));
  const lines = simulator.requests.bill().filter(({ key }) => ids.some((id) => key.startsWith(`${id}/`)));
  const billed = lines.map(({ key, model, responses, usage }) => ({
    ...{ key, responses },
    price: priceUsage(model, usage, new Date()),
  }));
  const known = new Map(billed.map(({ key, price }) => [key, price]));
  expect([...costs.keys()].filter((key) => !known.has(key))).toEqual([]);
  expect(billed.filter(({ key, responses, price }) => responses === 1 && costs.get(key) !== price)).toEqual([]);
  const [left] = await rows<{ count: number }>(
    'select count(*)::int as count from orchestrator.budget_reservations where goal_id = any($1)',
    [ids],
  );
  expect(left?.count).toBe(0);
  return {
    calls: calls.length,
    ledger: [...costs.values()].reduce((sum, cost) => sum + cost, 0),
    bill: billed.reduce((sum, { price }) => sum + price, 0),
    paidTwice: billed.filter(({ responses }) => responses > 1).map(({ key }) => key),
  };
}

function keyOf({ goal_id, task_id, revision, turn }: CallRow): string {
  return callKey({ goalId: goal_id, taskId: task_id, revision, turn });
}
