/** Every door of the client against unknown fields and the bad inputs of 3.2 (22, 28–30, 33, 38, 39); the goal request has its own test. */
import { createClient, type OrchestratorClient } from '../../src/client/orchestrator-client.ts';
import { newGoalId } from '../../src/core/ids.ts';
import { fakeParts } from './fake-parts.ts';

// Neither store nor Temporal is told anything before an input has been checked: the fake throws then.
const client = createClient(fakeParts());
const goalId = newGoalId();
const conversationId = newGoalId();
const approvalId = `goal-${goalId}#a.1.1.0`;
const hash = 'a'.repeat(64);

/** Takes a stream's first item, as `watch` checks when it is read. */
const first = <T>(stream: AsyncIterable<T>): Promise<unknown> => stream[Symbol.asyncIterator]().next();

interface Door {
  /** A good input, to which hostile fields are added. */
  readonly good: object;
  readonly send: (input: never) => Promise<unknown>;
  readonly code?: string;
}

const { conversations, schedules } = client;
const DOORS: Readonly<Record<string, Door>> = {
  start: { good: { text: 'x' }, send: (input) => client.start(input), code: 'goal.invalid' },
  fork: { good: {}, send: (input) => client.fork(goalId, input), code: 'goal.invalid' },
  previewFork: { good: {}, send: (input) => client.previewFork(goalId, input), code: 'goal.invalid' },
  result: { good: {}, send: (input) => client.result(goalId, input) },
  watch: { good: { afterSeq: 0 }, send: (input) => first(client.watch(goalId, input)) },
  pause: { good: { author: 'ann' }, send: (input) => client.pause(goalId, input) },
  'halt target': { good: { goalId }, send: (input) => client.halt(input, { reason: 'x' }) },
  'halt reason': { good: { author: 'ann', reason: 'x' }, send: (input) => client.halt('all', input) },
  release: { good: { goalId }, send: (input) => client.release(input) },
  steer: { good: { text: 'x', taskId: 'a', author: 'ann' }, send: (input) => client.steer(goalId, input) },
  cancelTask: { good: { taskId: 'a', author: 'ann' }, send: (input) => client.cancelTask(goalId, input) },
  editPlan: {
    good: { operations: [{ op: 'skip', taskId: 'a' }], author: 'ann' },
    send: (input) => client.editPlan(goalId, input),
  },
  previewEdit: {
    good: { operations: [{ op: 'skip', taskId: 'a' }], author: 'ann' },
    send: (input) => client.previewEdit(goalId, input),
  },
  retryTask: { good: { taskId: 'a', author: 'ann' }, send: (input) => client.retryTask(goalId, input) },
  skipTask: { good: { taskId: 'a', author: 'ann' }, send: (input) => client.skipTask(goalId, input) },
  raiseBudget: {
    good: { budgetUsd: 1, author: 'ann' },
    send: (input) => client.raiseBudget(goalId, input),
    code: 'budget.invalid',
  },
  raiseAccount: {
    good: { budgetUsd: 1 },
    send: (input) => client.raiseAccount('schedule/a', input),
    code: 'budget.invalid',
  },
  approvals: { good: { limit: 1 }, send: (input) => client.approvals(input) },
  decide: { good: { verdict: 'approve', hash, author: 'ann' }, send: (input) => client.decide(approvalId, input) },
  approvePlan: { good: { author: 'ann' }, send: (input) => client.approvePlan(goalId, input) },
  rejectPlan: { good: { author: 'ann' }, send: (input) => client.rejectPlan(goalId, input) },
  list: { good: { limit: 1 }, send: (input) => client.list(input), code: 'goal.invalid' },
  say: { good: { text: 'x', author: 'ann' }, send: (input) => conversations.say(conversationId, input) },
  read: { good: { afterSeq: 0, limit: 1 }, send: (input) => conversations.read(conversationId, input) },
  'watch a conversation': {
    good: { afterSeq: 0, signal: AbortSignal.abort() },
    send: (input) => first(conversations.watch(conversationId, input)),
  },
  'create a schedule': {
    good: { id: 'a', goal: { text: 'x' }, cron: '@daily' },
    send: (input) => schedules.create(input),
    code: 'schedule.invalid',
  },
  'options of a schedule': {
    good: { author: 'ann' },
    send: (input) => schedules.create({ id: 'a', goal: { text: 'x' }, cron: '@daily' }, input),
    code: 'schedule.invalid',
  },
  backfill: {
    good: { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' },
    send: (input) => schedules.backfill('a', input),
    code: 'schedule.invalid',
  },
};

async function refusal({ send, code = 'control.invalid' }: Door, input: unknown): Promise<string[]> {
  const error = (await send(input as never).then(
    () => new Error('it was let through'),
    (thrown: unknown) => thrown,
  )) as { message: string; code?: string; remedy?: string; facts?: { problems: readonly { path: string }[] } };
  expect([error.message, error.code]).toEqual([expect.stringContaining(' is refused. '), code]);
  expect(error.remedy).not.toBe('');
  // In people's words, not in the library's.
  expect(error.message).not.toMatch(/Invalid|Too (big|small)|expected|received/);
  const paths = error.facts?.problems.map(({ path }) => path) ?? [];
  for (const path of paths) expect(error.message).toContain(path);
  return paths;
}

describe('doors of the client', () => {
  it.each(Object.entries(DOORS))('%s: 28 unknown fields → each named, nothing stored or sent', async (_name, door) => {
    const unknown = JSON.parse('{ "colour": "red", "__proto__": {}, "authour": "ann" }') as object;
    const input = Object.defineProperties({}, Object.getOwnPropertyDescriptors({ ...door.good }));
    for (const [key, value] of Object.entries(unknown)) Object.defineProperty(input, key, { value, enumerable: true });
    expect((await refusal(door, input)).sort()).toEqual(['__proto__', 'authour', 'colour']);
  });

  it.each(Object.entries(DOORS))('%s: a list, a text, a number → refused', async (_name, door) => {
    for (const input of [[], 'x', 5]) await refusal(door, input);
  });

  const HOSTILE: Readonly<Record<string, readonly unknown[]>> = {
    author: ['', ' \u3000', 'x'.repeat(101), 'a\u0000b', 'a\ud800b', 5, null, new Map()],
    taskId: ['', '../x', '__proto__', 'a\u0000b', 'A', 'x'.repeat(1_001), null],
    budgetUsd: [Number.NaN, Number.POSITIVE_INFINITY, null, 0, -0, -1, '10', '', '0x10', 1e308, 10n, undefined],
    text: ['', ' \n', 'a\u0000b', 'a\ud800b', 'x'.repeat(5_000_000), null],
    reason: ['', ' ', 'a\u0000b', 'x'.repeat(201), null],
    limit: [0, -1, 1.5, 1e9, '5', Number.NaN, null],
    afterSeq: [-1, 0.5, '0', Number.NaN, null],
    hash: ['', 'A'.repeat(64), 'a'.repeat(63), null],
    verdict: ['yes', true, null, undefined],
    from: ['yesterday', '2026-02-30T00:00:00Z', 0, new Date(0), null],
  };
  const cases = Object.entries(DOORS).flatMap(([name, door]) =>
    Object.keys(door.good).flatMap((field) => (HOSTILE[field] ? [[name, field, door] as const] : [])),
  );

  it.each(cases.filter(([name]) => name !== 'start'))(
    '%s: 22, 29, 30, 33 hostile %s → refused by its name, nothing coerced',
    async (_name, field, door) => {
      for (const value of HOSTILE[field] ?? [])
        expect([value, await refusal(door, { ...door.good, [field]: value })]).toEqual([value, [field]]);
    },
  );

  it.each(['note', 'feedback'])('%s: empty, NUL, too long → refused by its name', async (field) => {
    const door = field === 'note' ? DOORS.decide : DOORS.rejectPlan;
    for (const value of ['', 'a\u0000b', 'x'.repeat(70_000), 5])
      expect(door && (await refusal(door, { ...door.good, [field]: value }))).toEqual([field]);
  });

  it('a schedule: another id, a note that is too long → refused', async () => {
    const parts = fakeParts();
    parts.store.schedules.get = async () => ({ definition: { id: 'a' } }) as never;
    const door = createClient(parts).schedules;
    const code = 'schedule.invalid';
    await expect(door.update('a', { id: 'b' } as object)).rejects.toMatchObject({ code });
    for (const note of ['x'.repeat(201), 'a\u0000b', 5 as never]) {
      await expect(door.pause('a', note)).rejects.toMatchObject({ code });
      await expect(door.unpause('a', note)).rejects.toMatchObject({ code });
    }
  });

  const BY_ID: Readonly<Record<string, readonly ((id: never) => Promise<unknown>)[]>> = {
    'goal.not-found': (['show', 'status', 'result', 'cancel', 'pause', 'resume', 'fork', 'previewFork'] as const).map(
      (name) => (id: never) => client[name as 'show'](id),
    ),
    'approval.unknown': [(id) => client.approval(id), (id) => client.decide(id, { verdict: 'approve', hash })],
    'conversation.not-found': [
      (id) => conversations.get(id),
      (id) => conversations.read(id),
      (id) => conversations.say(id, { text: 'x' }),
    ],
    'schedule.not-found': (['show', 'delete', 'trigger', 'pause', 'unpause'] as const).map(
      (name) => (id: never) => schedules[name](id),
    ),
    'budget.invalid': [(id) => client.raiseAccount(id, { budgetUsd: 1 })],
  };

  it.each(Object.entries(BY_ID))(
    '%s: 38, 39 forged ids and no ids → said so, the store not asked',
    async (code, doors) => {
      for (const id of ['../x', 'a%00', 'a\u0000b', '\ud800', '', 'x'.repeat(10_000), undefined, null, 5, [goalId], {}])
        for (const door of doors) await expect(door(id as never)).rejects.toMatchObject({ code });
    },
  );

  it('the doors above → all that take an object', () => {
    const withoutInput = ['simulated', 'close', 'reconcile', 'examine', 'calibration', 'budgets', 'halts', 'headroom'];
    const byIdOnly = ['status', 'show', 'cancel', 'resume', 'approval', 'conversations', 'schedules'];
    const covered = [...Object.keys(DOORS), 'halt', ...withoutInput, ...byIdOnly];
    expect(Object.keys(client).filter((name) => !covered.includes(name as keyof OrchestratorClient))).toEqual([]);
  });
});
