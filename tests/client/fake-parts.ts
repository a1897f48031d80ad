/** An in-memory store and Temporal port for tests of the client and the CLI; whatever is not scripted throws. */
import { BUILT_IN_AGENTS } from '../../src/agents/built-in-agents.ts';
import type { ClientParts } from '../../src/client/client-parts.ts';
import { isFinal } from '../../src/client/goal-statuses.ts';
import type { GoalToStart, GoalWorkflows } from '../../src/client/goal-workflows.ts';
import { pinsOf } from '../../src/client/pins.ts';
import { configSchema } from '../../src/core/config.ts';
import type { Census } from '../../src/core/contracts/goal.ts';
import type { GoalEvent } from '../../src/core/events.ts';
import { OrchestratorError } from '../../src/core/failures.ts';
import type { GoalDetail, GoalRequest } from '../../src/core/goal.ts';
import { canonicalJson } from '../../src/core/json.ts';
import type { GoalEnd, Store } from '../../src/store/store.ts';

/** One stored goal of the fake. */
export interface FakeGoal {
  detail: GoalDetail;
  request: GoalRequest;
  events: GoalEvent[];
}

export interface FakeParts extends ClientParts {
  readonly goals: Map<string, FakeGoal>;
  readonly workflows: GoalWorkflows & {
    readonly started: GoalToStart[];
    readonly sent: string[];
    open: Set<string>;
    /** What an update of this name is answered with. */
    readonly answers: Map<string, unknown>;
  };
  /** Adds events to a goal and wakes its watchers. */
  emit(goalId: string, ...events: Partial<GoalEvent>[]): void;
  /** Ends a goal in the store. */
  end(goalId: string, status: GoalEnd['status']): void;
}

export const NO_USAGE = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  webSearches: 0,
};

export const CENSUS: Census = {
  tasks: { total: 2, done: 2, failed: 0, skipped: 0, cancelled: 0, retried: 1, revised: 0 },
  criteria: { total: 1, pass: 1, fail: 0, unverified: 0 },
  replans: 0,
  fallbacks: [],
  modelCalls: 5,
  toolCalls: 1,
  usage: { ...NO_USAGE, inputTokens: 12_345, outputTokens: 678, cacheReadTokens: 9_000 },
  costMicroUsd: 31_200,
  durationMs: 4_200,
  criticalPathMs: 3_900,
  verified: true,
};

export function goalDetail(goalId: string, change: Partial<GoalDetail> = {}): GoalDetail {
  return {
    goalId,
    tenant: 'default',
    title: '',
    status: 'queued',
    awaiting: null,
    reason: null,
    tags: [],
    simulated: false,
    createdAt: '2026-11-20T10:00:00.000Z',
    startedAt: null,
    endedAt: null,
    costMicroUsd: 0,
    modelCalls: 0,
    text: 'goal',
    invisibleCharacters: false,
    tasks: [],
    deliverable: null,
    criteria: [],
    census: null,
    ...change,
  };
}

const unscripted = (name: string) => (): never => {
  throw new Error(`the fake store was not told about ${name}`);
};

export function fakeParts(change: Partial<ClientParts> = {}): FakeParts {
  const goals = new Map<string, FakeGoal>();
  const wakers = new Set<() => void>();
  const wake = (): void => {
    for (const waker of wakers) waker();
  };
  const goal = (goalId: string): FakeGoal => {
    const found = goals.get(goalId);
    if (!found) throw new Error(`the fake store has no goal ${goalId}`);
    return found;
  };
  const set = (goalId: string, part: Partial<GoalDetail>): void => {
    goal(goalId).detail = { ...goal(goalId).detail, ...part };
  };
  const store = {
    goals: {
      create: async ({ goalId, tenant, request, simulated }) => {
        const key = request.idempotencyKey;
        const same = key && [...goals.values()].find((each) => each.request.idempotencyKey === key);
        if (same && canonicalJson(same.request) !== canonicalJson(request)) {
          throw new OrchestratorError('goal.idempotency-conflict', 'The key was used.', { remedy: 'Use a new key.' });
        }
        if (same) return { goalId: same.detail.goalId, created: false };
        const detail = goalDetail(goalId, { tenant, simulated, text: request.text });
        goals.set(goalId, { detail, request, events: [] });
        return { goalId, created: true };
      },
      request: async (_tenant, goalId) => goals.get(goalId)?.request,
      open: unscripted('open'),
      unstarted: async () =>
        [...goals.values()]
          .filter(({ detail }) => detail.status === 'queued')
          .map(({ detail: { goalId, tenant, createdAt, scheduled } }) => ({
            ...{ goalId, tenant, createdAt: new Date(createdAt), scheduleId: scheduled?.scheduleId ?? null },
          })),
      setStatus: async (_tenant, goalId, status) => set(goalId, { status }),
      close: async ({ goalId, status, reason, census }) =>
        set(goalId, { status, reason: reason ?? null, census, endedAt: '2026-11-20T10:01:00.000Z' }),
      list: async (filter) =>
        [...goals.values()]
          .map((each) => each.detail)
          .filter(({ status }) => filter.status?.includes(status) ?? true)
          .slice(0, filter.limit ?? 50),
      detail: async (tenant, goalId) => {
        const found = goals.get(goalId)?.detail;
        return found?.tenant === tenant ? found : undefined;
      },
      totals: async () => ({
        modelCalls: 0,
        toolCalls: 0,
        usage: NO_USAGE,
        costMicroUsd: 0,
        unknownMicroUsd: 0,
        duplicateMicroUsd: 0,
      }),
      openGoals: unscripted('openGoals'),
      taskRuns: unscripted('taskTimes'),
      openCount: async () => [...goals.values()].filter(({ detail }) => detail.endedAt === null).length,
    },
    budget: {
      openAccount: unscripted('openAccount'),
      raise: unscripted('raise'),
      read: unscripted('readAccount'),
      list: unscripted('listAccounts'),
      goalsUnder: async () => [],
      sweep: async () => 0,
    },
    events: {
      append: unscripted('append'),
      publishDelta: unscripted('publishDelta'),
      read: unscripted('read'),
      async ended(_tenant, goalId, signal) {
        while (goal(goalId).detail.endedAt === null && !signal?.aborted)
          await new Promise<void>((resolve) => {
            wakers.add(resolve);
            signal?.addEventListener('abort', () => resolve(), { once: true });
          });
        const { status, reason, deliverable, census, criteria, endedAt } = goal(goalId).detail;
        if (endedAt === null || census === null || !isFinal(status)) return undefined;
        return { goalId, status, reason, deliverable, census, criteria };
      },
      watch: (_tenant, goalId, options) => watchFake(() => goal(goalId).events, wakers, options ?? {}),
    },
    blobs: { put: unscripted('put'), get: unscripted('get'), getText: unscripted('getText') },
    snapshots: { get: unscripted('snapshot') },
    plans: {
      accept: unscripted('accept'),
      get: unscripted('plan'),
      ready: unscripted('ready'),
      current: unscripted('current'),
    },
    forecasts: { history: unscripted('history'), course: unscripted('course'), records: unscripted('records') },
    forks: { source: unscripted('fork'), accept: unscripted('acceptFork') },
    journal: {
      lookUp: unscripted('lookUp'),
      enter: unscripted('enter'),
      admit: unscripted('admit'),
      fail: unscripted('fail'),
      abandon: unscripted('abandon'),
      record: unscripted('record'),
      toolCall: unscripted('toolCall'),
      outcome: unscripted('outcome'),
    },
    transcripts: { read: unscripted('transcript') },
    tools: { begin: unscripted('begin'), anyCalled: unscripted('called'), finish: unscripted('finish') },
    results: { latest: unscripted('latest'), get: unscripted('result') },
    halts: { set: unscripted('halt'), clear: unscripted('release'), list: unscripted('halts') },
    conversations: {
      create: unscripted('createConversation'),
      list: unscripted('conversations'),
      get: unscripted('conversation'),
      next: unscripted('next'),
      take: unscripted('takeMessage'),
      recent: unscripted('recent'),
    },
    approvals: { list: unscripted('approvals'), get: unscripted('approval') },
    batches: {
      calls: unscripted('batch calls'),
      intend: unscripted('intend'),
      sent: unscripted('sent'),
      drop: unscripted('drop'),
      end: unscripted('end'),
      known: unscripted('known'),
      touch: unscripted('touch'),
      settle: unscripted('settle'),
      orphans: unscripted('orphans'),
    },
    schedules: {
      save: unscripted('saveSchedule'),
      get: unscripted('schedule'),
      list: unscripted('schedules'),
      remove: unscripted('removeSchedule'),
      begin: unscripted('beginTick'),
      skip: unscripted('skipTick'),
      ticks: unscripted('ticks'),
      goalOf: unscripted('goalOf'),
      lastEnd: unscripted('lastEnd'),
    },
    capacity: {
      wait: unscripted('wait'),
      note: unscripted('note'),
      strike: unscripted('strike'),
      clear: unscripted('clear'),
    },
    migrate: unscripted('migrate'),
    ping: unscripted('ping'),
    close: async () => undefined,
  } satisfies Store;
  return {
    store,
    workflows: fakeWorkflows(),
    survey: {
      openIds: unscripted('openGoalIds'),
      describe: async () => undefined,
      taskFailure: unscripted('taskFailure'),
      isPolled: unscripted('isPolled'),
    },
    schedules: {
      probe: unscripted('probe'),
      create: unscripted('createSchedule'),
      update: unscripted('updateSchedule'),
      remove: unscripted('removeSchedule'),
      pause: unscripted('pauseSchedule'),
      unpause: unscripted('unpauseSchedule'),
      trigger: unscripted('trigger'),
      backfill: unscripted('backfill'),
      tickRuns: unscripted('tickRuns'),
      describe: unscripted('describeSchedule'),
      times: unscripted('times'),
    },
    minIntervalMs: 10_000,
    tenant: 'default',
    rules: { agents: ['writer', 'researcher'], maxTasks: 200 },
    pins: pinsOf(configSchema.parse({}), BUILT_IN_AGENTS),
    simulated: false,
    ...(change as object),
    goals,
    emit(goalId, ...events) {
      const list = goal(goalId).events;
      for (const event of events) list.push({ ...blankEvent(goalId, list.length + 1), ...event });
      wake();
    },
    end(goalId, status) {
      set(goalId, { status, census: CENSUS, endedAt: '2026-11-20T10:01:00.000Z', deliverable: 'the deliverable' });
      const list = goal(goalId).events;
      list.push({ ...blankEvent(goalId, list.length + 1), type: 'goal-end', data: { status } });
      wake();
    },
  };
}

export function blankEvent(goalId: string, seq: number): GoalEvent {
  return { seq, goalId, type: 'goal-start', at: '2026-11-20T10:00:01.000Z', taskId: null, data: {} };
}

function fakeWorkflows(): FakeParts['workflows'] {
  const known = new Set<string>();
  const open = new Set<string>();
  const sent: string[] = [];
  const answers = new Map<string, unknown>();
  const started: GoalToStart[] = [];
  const send = async (kind: string, goalId: string): Promise<'sent' | 'gone'> => {
    sent.push(`${kind} ${goalId}`);
    return open.has(goalId) ? 'sent' : 'gone';
  };
  return {
    started,
    sent,
    open,
    start: async (goal) => {
      if (known.has(goal.goalId)) return 'known';
      known.add(goal.goalId);
      open.add(goal.goalId);
      started.push(goal);
      return 'started';
    },
    cancel: (goalId) => send('cancel', goalId),
    signal: (goalId, { name }, ..._args) => send(name, goalId),
    async update<Result>(goalId: string, { name }: { name: string }, ...args: unknown[]) {
      const answer = await send(`${name} ${JSON.stringify(args)}`, goalId);
      return answer === 'gone' ? answer : (answers.get(name) as Result);
    },
    answers,
    say: unscripted('say'),
    close: async () => undefined,
  };
}

async function* watchFake(
  events: () => readonly GoalEvent[],
  wakers: Set<() => void>,
  options: { afterSeq?: number; signal?: AbortSignal },
): AsyncGenerator<GoalEvent> {
  let at = 0;
  const afterSeq = options.afterSeq ?? 0;
  if (events().some((event) => event.type === 'goal-end' && event.seq <= afterSeq)) return;
  while (!options.signal?.aborted) {
    for (const event of events().slice(at)) {
      at += 1;
      if (event.seq > 0 && event.seq <= afterSeq) continue;
      yield event;
      if (event.type === 'goal-end') return;
    }
    await new Promise<void>((resolve) => {
      wakers.add(resolve);
      options.signal?.addEventListener('abort', () => resolve(), { once: true });
      if (at < events().length || options.signal?.aborted) resolve();
    });
  }
}
