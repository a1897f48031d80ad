/** The tables: one PostgreSQL schema, `tenant` in every key. Host side. Migrations are generated from here. */

import { sql } from 'drizzle-orm';
import {
  boolean,
  doublePrecision,
  index,
  integer,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { Census, GoalStatus } from '../core/contracts/goal.ts';
import type { GoalRequest } from '../core/goal.ts';
import type { Json } from '../core/json.ts';
import { batchCalls } from './schema-batches.ts';
import { bytea, callKey, count, goalId, json, orchestrator, taskId, tenant, time, whole } from './schema-columns.ts';
import { schedules, scheduleTicks } from './schema-schedules.ts';

export { batchCalls } from './schema-batches.ts';
export { orchestrator, SCHEMA_NAME } from './schema-columns.ts';
export { halts } from './schema-halts.ts';
export { schedules, scheduleTicks } from './schema-schedules.ts';

/** A goal: the request, what it is pinned to, where it is, and its counters. */
export const goals = orchestrator.table(
  'goals',
  {
    tenant: tenant(),
    goalId: goalId(),
    request: json<GoalRequest>('request').notNull(),
    bodyHash: text('body_hash').notNull(),
    idempotencyKey: text('idempotency_key'),
    /** The budget account that what the goal spends counts for as well: its parent goal's or schedule's. */
    parentAccount: text('parent_account'),
    title: text('title').notNull(),
    tags: text('tags').array().notNull(),
    simulated: boolean('simulated').notNull(),
    status: text('status').$type<GoalStatus>().notNull().default('queued'),
    awaiting: text('awaiting'),
    reason: text('reason'),
    snapshot: text('snapshot'),
    deliverable: text('deliverable'),
    census: json<Census>('census'),
    /** Sequence number of the last event. */
    eventSeq: whole('event_seq').notNull().default(0),
    costMicroUsd: whole('cost_micro_usd').notNull().default(0),
    modelCalls: count('model_calls'),
    toolCalls: count('tool_calls'),
    /** To the microsecond: goals are listed and paged by it. */
    createdAt: timestamp('created_at', { withTimezone: true, mode: 'date' }).notNull().defaultNow(),
    startedAt: time('started_at'),
    endedAt: time('ended_at'),
  },
  (t) => [
    primaryKey({ columns: [t.tenant, t.goalId] }),
    unique('goals_idempotency').on(t.tenant, t.idempotencyKey),
    index('goals_newest').on(t.tenant, t.createdAt.desc(), t.goalId.desc()),
    index('goals_open').on(t.createdAt).where(sql`ended_at is null`),
  ],
);

/** Content-addressed bytes: texts, plans, deliverables, tool outputs. */
export const blobs = orchestrator.table(
  'blobs',
  {
    tenant: tenant(),
    hash: text('hash').notNull(),
    bytes: bytea('bytes').notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.hash] })],
);

/** Snapshots as canonical JSON text: the hash is that of the text, which `jsonb` would reorder. */
export const snapshots = orchestrator.table(
  'snapshots',
  {
    tenant: tenant(),
    hash: text('hash').notNull(),
    body: text('body').notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.hash] })],
);

/** Accepted plans of a goal, by revision; the body is a blob. */
export const plans = orchestrator.table(
  'plans',
  {
    tenant: tenant(),
    goalId: goalId(),
    revision: integer('revision').notNull(),
    hash: text('hash').notNull(),
    bytes: integer('bytes').notNull(),
    source: text('source').notNull(),
    acceptedAt: time('accepted_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.goalId, t.revision] })],
);

/** Read model of a plan's tasks; the status follows the events. */
export const tasks = orchestrator.table(
  'tasks',
  {
    tenant: tenant(),
    goalId: goalId(),
    taskId: taskId(),
    position: integer('position').notNull(),
    title: text('title').notNull(),
    agent: text('agent').notNull(),
    agentReason: text('agent_reason').notNull(),
    tier: text('tier').notNull(),
    dependsOn: text('depends_on').array().notNull(),
    optional: boolean('optional').notNull(),
    status: text('status').notNull().default('waiting'),
    reason: text('reason'),
    summary: text('summary'),
    /** The goal that made the result, when this one took it over. */
    reusedFrom: text('reused_from'),
    revision: count('revision'),
    costMicroUsd: whole('cost_micro_usd').notNull().default(0),
    modelCalls: count('model_calls'),
    startedAt: time('started_at'),
    endedAt: time('ended_at'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.goalId, t.taskId] })],
);

/** The journal: one row per model call, from its first request to its recorded result. */
export const modelCalls = orchestrator.table(
  'model_calls',
  {
    ...callKey(),
    requestsSent: count('requests_sent'),
    failures: count('failures'),
    lastFailureType: text('last_failure_type'),
    lastFailureMessage: text('last_failure_message'),
    firstSentAt: time('first_sent_at'),
    purpose: text('purpose'),
    agent: text('agent'),
    result: json<Json>('result'),
    requestId: text('request_id'),
    stopReason: text('stop_reason'),
    recordedAt: time('recorded_at'),
    /** The attempt whose answer was recorded. */
    recordedBy: text('recorded_by'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.goalId, t.taskId, t.revision, t.turn] })],
);

/** What was paid: one row per recorded call. */
export const usageLedger = orchestrator.table(
  'usage_ledger',
  {
    ...callKey(),
    model: text('model').notNull(),
    inputTokens: whole('input_tokens').notNull(),
    outputTokens: whole('output_tokens').notNull(),
    cacheReadTokens: whole('cache_read_tokens').notNull(),
    cacheWrite5mTokens: whole('cache_write_5m_tokens').notNull(),
    cacheWrite1hTokens: whole('cache_write_1h_tokens').notNull(),
    webSearches: whole('web_searches').notNull(),
    costMicroUsd: whole('cost_micro_usd').notNull(),
    /** Through a batch, at half the price of tokens. */
    batch: boolean('batch').notNull().default(false),
    at: time('at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.goalId, t.taskId, t.revision, t.turn] })],
);

/**
 * Budgets in micro-USD: settled + reserved ≤ cap at every level. Accounts are `goal/<id>`, `schedule/<id>` and
 * `tenant/<yyyy-mm>`; above the last one of a chain stands the tenant's of the month. Changed only by the functions of
 * the migrations, rows locked from the goal upwards.
 */
export const budgetAccounts = orchestrator.table(
  'budget_accounts',
  {
    tenant: tenant(),
    account: text('account').notNull(),
    parent: text('parent'),
    /** Null: no limit of its own. */
    cap: whole('cap_micro_usd'),
    /** Spent: recorded calls, repeated ones, and what is unknown. */
    settled: whole('settled_micro_usd').notNull().default(0),
    reserved: whole('reserved_micro_usd').notNull().default(0),
    /** The part of `settled` that requests without an answer may have cost. */
    unknown: whole('unknown_micro_usd').notNull().default(0),
    warnShare: doublePrecision('warn_share').notNull(),
    warnedAt: time('warned_at'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.account] })],
);

/**
 * What requests in flight may cost at most, and the accounts that hold it. A task has one call at a time, so that a row
 * of another attempt is a dead one's.
 */
export const budgetReservations = orchestrator.table(
  'budget_reservations',
  {
    ...callKey(),
    attempt: text('attempt').notNull(),
    /** From the goal upwards; empty when nothing is limited. */
    accounts: text('accounts').array().notNull(),
    microUsd: whole('micro_usd').notNull(),
    at: time('at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.goalId, t.taskId] })],
);

/**
 * Spent without a row in the usage ledger: `unknown`, a request that was sent and whose answer never came (at most so
 * much), and `duplicate`, the answer to a call that another attempt had recorded (exactly so much).
 */
export const extraSpend = orchestrator.table(
  'extra_spend',
  {
    ...callKey(),
    attempt: text('attempt').notNull(),
    kind: text('kind').$type<'unknown' | 'duplicate'>().notNull(),
    accounts: text('accounts').array().notNull(),
    microUsd: whole('micro_usd').notNull(),
    at: time('at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.goalId, t.taskId, t.revision, t.turn, t.attempt] })],
);

/** Messages of a task's conversation. */
export const transcripts = orchestrator.table(
  'transcripts',
  {
    tenant: tenant(),
    goalId: goalId(),
    taskId: taskId(),
    revision: integer('revision').notNull(),
    position: integer('position').notNull(),
    role: text('role').$type<'user' | 'assistant' | 'tool'>().notNull(),
    content: json<Json>('content').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.goalId, t.taskId, t.revision, t.position] })],
);

/** Submitted results, and deliverables under their pseudo task. */
export const taskResults = orchestrator.table(
  'task_results',
  {
    tenant: tenant(),
    goalId: goalId(),
    taskId: taskId(),
    revision: integer('revision').notNull(),
    outputHash: text('output_hash').notNull(),
    outputBytes: integer('output_bytes').notNull(),
    summary: text('summary').notNull(),
    evidence: json<readonly string[]>('evidence').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.goalId, t.taskId, t.revision] })],
);

/** Tool calls: the intent, then the outcome. */
export const toolCalls = orchestrator.table(
  'tool_calls',
  {
    ...callKey(),
    index: integer('index').notNull(),
    name: text('name').notNull(),
    effect: text('effect').notNull(),
    argsHash: text('args_hash').notNull(),
    isError: boolean('is_error'),
    bytes: integer('bytes'),
    startedAt: time('started_at').notNull().defaultNow(),
    endedAt: time('ended_at'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.goalId, t.taskId, t.revision, t.turn, t.index] })],
);

/** Latest verdicts. `task_id` is '' for the goal's own criteria. */
export const criteria = orchestrator.table(
  'criteria',
  {
    tenant: tenant(),
    goalId: goalId(),
    taskId: taskId(),
    position: integer('position').notNull(),
    criterion: text('criterion').notNull(),
    verdict: text('verdict').$type<'pass' | 'fail' | 'unverified'>().notNull(),
    quote: text('quote'),
    source: text('source'),
    reason: text('reason').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.goalId, t.taskId, t.position] })],
);

/** The goal's story. `number` counts the workflow's own events. */
export const events = orchestrator.table(
  'events',
  {
    tenant: tenant(),
    goalId: goalId(),
    seq: whole('seq').notNull(),
    number: integer('number'),
    type: text('type').notNull(),
    taskId: text('task_id'),
    data: json<Readonly<Record<string, Json>>>('data').notNull(),
    at: time('at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenant, t.goalId, t.seq] }),
    uniqueIndex('events_number').on(t.tenant, t.goalId, t.number).where(sql`number is not null`),
    index('events_approvals')
      .on(t.tenant, t.goalId, t.seq)
      .where(
        sql`type in ('approval-request', 'approval-reminder', 'approval-escalated', 'approval-decided', 'approval-withdrawn')`,
      ),
  ],
);

/**
 * Breakers and buckets per model, changed only by the functions of migration 0003. They belong to the API key, so that all
 * tenants share the row of tenant `*`. Limits are per minute as the API told them; null: none known.
 */
export const modelGates = orchestrator.table(
  'model_gates',
  {
    tenant: tenant(),
    model: text('model').notNull(),
    blockedUntil: time('blocked_until').notNull(),
    probedAt: time('probed_at').notNull(),
    /** Requests that failed since the last answer. */
    strikes: integer('strikes'),
    requestLimit: doublePrecision('request_limit'),
    requestLevel: doublePrecision('request_level'),
    inputLimit: doublePrecision('input_limit'),
    inputLevel: doublePrecision('input_level'),
    outputLimit: doublePrecision('output_limit'),
    outputLevel: doublePrecision('output_level'),
    /** When the levels were right. */
    refilledAt: timestamp('refilled_at', { withTimezone: true, mode: 'date' }),
    /** Virtual time of the line, and of the tenants that are ahead of it. */
    turn: doublePrecision('turn'),
    shares: json<Readonly<Record<string, number>>>('shares'),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.model] })],
);

/** The lines before models: calls that found no room and come again. A task has one call at a time. */
export const capacityWaiters = orchestrator.table(
  'capacity_waiters',
  {
    tenant: tenant(),
    goalId: goalId(),
    taskId: taskId(),
    model: text('model').notNull(),
    priority: integer('priority').notNull(),
    weight: doublePrecision('weight').notNull(),
    input: doublePrecision('input').notNull(),
    output: doublePrecision('output').notNull(),
    joinedAt: timestamp('joined_at', { withTimezone: true, mode: 'date' }).notNull(),
    dueAt: timestamp('due_at', { withTimezone: true, mode: 'date' }).notNull(),
    /** Its goal is shown as waiting for capacity. */
    announced: boolean('announced').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.goalId, t.taskId] }), index('capacity_waiters_line').on(t.model, t.dueAt)],
);

/** Every table but the lines, which live on a few seconds; parents first, an export holds them in this order. */
export const TABLES = [
  goals,
  blobs,
  snapshots,
  plans,
  tasks,
  modelCalls,
  usageLedger,
  budgetAccounts,
  budgetReservations,
  extraSpend,
  batchCalls,
  transcripts,
  taskResults,
  toolCalls,
  criteria,
  events,
  modelGates,
  schedules,
  scheduleTicks,
] as const;
