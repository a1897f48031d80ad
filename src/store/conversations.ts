/**
 * Conversations with the manager: made, listed, read as far as a request holds them, and written. Host side.
 *
 * A conversation stands where goals stand, under its key (see ids.ts), so that journal, budget, ledger, transcripts and
 * events serve both. Its messages are transcripts of the pseudo task `_chat`; the revision is the message's number.
 */
import { type SQL, sql } from 'drizzle-orm';
import { conversationKey, conversationOf, pseudoTask } from '../core/contracts/ids.ts';
import type { ConversationSummary } from '../core/conversation.ts';
import { canonicalJson } from '../core/json.ts';
import { appendEvents } from './append-events.ts';
import { sha256 } from './blob-ref.ts';
import { cleanText, toJsonText } from './clean-json.ts';
import type { ChatEntry, ConversationStore } from './conversation-store.ts';
import type { Database, Statements } from './database.ts';
import { events, goals, transcripts } from './schema.ts';
import { insertSnapshot } from './snapshots.ts';
import type { TranscriptEntry } from './transcript-entry.ts';

/** Keys of conversations begin like this, and no goal's id does. */
const LIKE_CONVERSATION = `${conversationKey('')}%`;

/** Rows of `goals` that are goals. */
export const isNoConversation: SQL = sql`${goals.goalId} not like ${LIKE_CONVERSATION}`;

/** The store's `conversations`. */
export function createConversations(database: Database): ConversationStore {
  return {
    create: (conversation) => database.run((statements) => create(statements, conversation)),
    list: (tenant, limit) => database.run((statements) => list(statements, tenant, { limit })),
    async get(tenant, conversationId) {
      const wanted = { limit: 1, key: conversationKey(conversationId) };
      return (await database.run((statements) => list(statements, tenant, wanted)))[0];
    },
    next: (tenant, key) => database.run((statements) => next(statements, tenant, key)),
    take: (entry) => database.transaction((statements) => take(statements, entry)),
    recent: (tenant, key, wanted) => database.run((statements) => recent(statements, { tenant, key }, wanted)),
  };
}

async function create(
  statements: Statements,
  { tenant, conversationId, simulated }: Parameters<ConversationStore['create']>[0],
): Promise<void> {
  const request = { text: '' };
  await statements.execute(sql`
    insert into ${goals} (tenant, goal_id, request, body_hash, title, tags, simulated, status)
    values (${tenant}, ${conversationKey(conversationId)}, ${toJsonText(request)}::jsonb,
      ${sha256(canonicalJson(request))}, '', '{}'::text[], ${simulated}, 'running')`);
}

async function list(
  statements: Statements,
  tenant: string,
  { limit, key }: { readonly limit: number; readonly key?: string },
): Promise<readonly ConversationSummary[]> {
  const of = sql`e.tenant = g.tenant and e.goal_id = g.goal_id`;
  const { rows } = await statements.execute<Omit<Summary, 'conversationId'> & { readonly key: string }>(sql`
    select g.goal_id as key, g.title, g.simulated, g.created_at as "createdAt", g.cost_micro_usd::float8 as "costMicroUsd",
      coalesce((select e.at from ${events} e where ${of} order by e.seq desc limit 1), g.created_at) as "lastAt",
      (select count(*)::int from ${events} e where ${of} and e.type = 'chat-message') as messages
    from ${goals} g
    where g.tenant = ${tenant} and g.goal_id ${key === undefined ? sql`like ${LIKE_CONVERSATION}` : sql`= ${key}`}
    order by "lastAt" desc limit ${limit}`);
  return rows.map(({ key: found, createdAt, lastAt, ...row }) => ({
    ...row,
    conversationId: conversationOf(found) ?? found,
    createdAt: new Date(createdAt).toISOString(),
    lastAt: new Date(lastAt).toISOString(),
  }));
}

type Summary = { readonly [K in keyof ConversationSummary]: ConversationSummary[K] };

/** First free numbers; a conversation without a workflow goes on from here. */
async function next(statements: Statements, tenant: string, key: string): Promise<{ message: number; event: number }> {
  const { rows } = await statements.execute<{ message: number; event: number }>(sql`
    select (select coalesce(max(revision), 0) + 1 from ${transcripts}
        where tenant = ${tenant} and goal_id = ${key} and task_id = ${pseudoTask.chat}) as message,
      (select coalesce(max(number), 0) + 1 from ${events} where tenant = ${tenant} and goal_id = ${key}) as event`);
  return rows[0] ?? { message: 1, event: 1 };
}

/** Idempotent: the entry and the event have their numbers. */
async function take(statements: Statements, entry: ChatEntry): Promise<{ snapshot: string | null }> {
  const { tenant, key, number, text, title, event } = entry;
  const snapshot = entry.snapshot ? await insertSnapshot(statements, tenant, entry.snapshot) : null;
  await statements.execute(sql`
    insert into ${transcripts} (tenant, goal_id, task_id, revision, position, role, content)
    values (${tenant}, ${key}, ${pseudoTask.chat}, ${number}, 0, 'user', ${toJsonText(text)}::jsonb)
    on conflict do nothing`);
  await appendEvents(statements, { tenant, goalId: key }, { events: [event] });
  if (title !== undefined)
    await statements.execute(sql`
      update ${goals} set title = ${cleanText(title)}, started_at = now()
      where tenant = ${tenant} and goal_id = ${key} and title = ''`);
  return { snapshot };
}

/**
 * The newest entries up to message `upTo`, whole messages, about `bytes` long; an entry counts for `entryBytes` at most.
 * The window moves on in steps of half its size, so that requests share a cached beginning until it does.
 */
async function recent(
  statements: Statements,
  { tenant, key }: { readonly tenant: string; readonly key: string },
  { upTo, bytes, entryBytes }: { readonly upTo: number; readonly bytes: number; readonly entryBytes: number },
): Promise<{ entries: readonly TranscriptEntry[]; leftOut: number }> {
  const { rows } = await statements.execute<{ first: number; left_out: number }>(sql`
    with said as (
      select revision, role, position,
        sum(least(octet_length(content::text), ${entryBytes}::int)) over (order by revision, position) as total
      from ${transcripts} where tenant = ${tenant} and goal_id = ${key} and task_id = ${pseudoTask.chat} and revision <= ${upTo}::int
    ), cut as (
      select greatest(0, ceil((max(total) - ${bytes}::int) / (${bytes}::int / 2.0))) * (${bytes}::int / 2) as at from said
    ), start as (
      select least(${upTo}::int, coalesce((select max(revision) + 1 from said, cut where total <= cut.at), 0)) as first
    )
    select first, (select count(*)::int from said where position = 0 and revision < first) as left_out from start`);
  const { first, left_out: leftOut } = rows[0] ?? { first: 0, left_out: 0 };
  const entries = await statements.execute<TranscriptEntry & Record<string, unknown>>(sql`
    select revision, position, role, content from ${transcripts}
    where tenant = ${tenant} and goal_id = ${key} and task_id = ${pseudoTask.chat}
      and revision between ${first}::int and ${upTo}::int
    order by revision, position`);
  return { entries: entries.rows, leftOut };
}
