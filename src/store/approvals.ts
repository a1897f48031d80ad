/** What people are and were asked, read off the events. Host side. */
import { type SQL, sql } from 'drizzle-orm';
import type { ApprovalState } from '../core/approval.ts';
import type { ApprovalKind, OnExpiry } from '../core/contracts/approvals.ts';
import { type BudgetAsk, refusedSpend } from '../core/contracts/budget-ask.ts';
import { workflowIdOf } from '../core/contracts/ids.ts';
import type { Database } from './database.ts';
import { events, goals } from './schema.ts';
import type { ApprovalFilter, Store, StoredApproval } from './store.ts';

const MAX_LIMIT = 1_000;

/** The store's `approvals`. */
export function createApprovals(database: Database): Store['approvals'] {
  return {
    list: (filter) => read(database, filter, sql``),
    async get(tenant, goalId, itemId) {
      const wanted = sql`and r.data->>'itemId' = ${itemId}`;
      return (await read(database, { tenant, goalId, limit: 1 }, wanted))[0];
    },
  };
}

interface Row extends Record<string, unknown> {
  readonly goal_id: string;
  readonly title: string;
  readonly task_id: string | null;
  readonly data: Readonly<Record<string, string | number | null>>;
  readonly asked_at: Date;
  readonly goal_ended: boolean;
  readonly end_type: string | null;
  readonly end_data: Readonly<Record<string, string>> | null;
  readonly end_at: Date | null;
  readonly reminded_at: Date | null;
  readonly escalated_at: Date | null;
}

/** Newest first; of an item that was asked anew under its id, every asking. */
async function read(database: Database, filter: ApprovalFilter, wanted: SQL): Promise<readonly StoredApproval[]> {
  const { tenant, goalId, open = false } = filter;
  const limit = Math.min(Math.max(1, filter.limit ?? 100), MAX_LIMIT);
  const later = sql`e.tenant = r.tenant and e.goal_id = r.goal_id and e.seq > r.seq and e.data->>'itemId' = r.data->>'itemId'`;
  const lastOf = (type: string) => sql`(select max(e.at) from ${events} e where ${later} and e.type = ${type})`;
  const { rows } = await database.run((statements) =>
    statements.execute<Row>(sql`
      select r.goal_id, g.title, r.task_id, r.data, r.at as asked_at, g.ended_at is not null as goal_ended,
        d.type as end_type, d.data as end_data, d.at as end_at,
        ${lastOf('approval-reminder')} as reminded_at, ${lastOf('approval-escalated')} as escalated_at
      from ${events} r join ${goals} g on g.tenant = r.tenant and g.goal_id = r.goal_id
      left join lateral (
        select e.type, e.data, e.at from ${events} e
        where ${later} and e.type in ('approval-decided', 'approval-withdrawn') order by e.seq limit 1
      ) d on true
      where r.tenant = ${tenant} and r.type = 'approval-request'
        ${goalId === undefined ? sql`` : sql`and r.goal_id = ${goalId}`}
        ${open ? sql`and d.type is null and g.ended_at is null` : sql``} ${wanted}
      order by r.at desc, r.seq desc limit ${limit}`),
  );
  return rows.map(toApproval);
}

function toApproval(row: Row): StoredApproval {
  const { data, end_data: end } = row;
  const text = (member: string) => (typeof data[member] === 'string' ? (data[member] as string) : null);
  const number = (member: string) => (typeof data[member] === 'number' ? (data[member] as number) : null);
  const itemId = text('itemId') ?? '';
  const expiresAtMs = number('expiresAtMs');
  return {
    id: `${workflowIdOf(row.goal_id)}#${itemId}`,
    goalId: row.goal_id,
    goalTitle: row.title,
    itemId,
    kind: text('kind') as ApprovalKind,
    title: text('title') ?? '',
    hash: text('hash') ?? '',
    taskId: row.task_id,
    tool: text('tool'),
    budget: text('kind') === 'budget' ? askedBudget(data) : null,
    revision: number('revision'),
    turn: number('turn'),
    index: number('index'),
    state: stateOf(row),
    onExpiry: text('onExpiry') as OnExpiry,
    askedAt: iso(row.asked_at) ?? '',
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    remindedAt: iso(row.reminded_at),
    escalatedAt: iso(row.escalated_at),
    decidedBy: end?.by ?? null,
    decidedAt: end?.verdict === undefined ? null : iso(row.end_at),
    scope: (end?.scope as 'once' | 'goal' | undefined) ?? null,
    noteHash: end?.note ?? null,
  };
}

function askedBudget(data: Row['data']): BudgetAsk | null {
  const refusal = refusedSpend(data);
  const { calls, leastMicroUsd, raiseToMicroUsd } = data;
  return refusal ? ({ ...refusal, calls, leastMicroUsd, raiseToMicroUsd } as BudgetAsk) : null;
}

function stateOf({ end_type: type, end_data: end, goal_ended: goalEnded }: Row): ApprovalState {
  if (type === 'approval-withdrawn') return 'withdrawn';
  if (type === 'approval-decided') return end?.verdict === 'approve' ? 'approved' : 'denied';
  return goalEnded ? 'closed' : 'open';
}

function iso(time: Date | string | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
