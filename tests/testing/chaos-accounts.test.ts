import { priceUsage } from '../../src/integrations/claude/prices.ts';
import type { Accounts, SeenRequest } from '../../src/testing/chaos/accounts.ts';
import type { DoneFault } from '../../src/testing/chaos/carry-out.ts';
import { chaosGoal, fileOf } from '../../src/testing/chaos/chaos-goals.ts';
import { checkAccounts } from '../../src/testing/chaos/check-accounts.ts';
import { CELLS } from '../../src/testing/chaos/fault-table.ts';
import { recoveryMs, report } from '../../src/testing/chaos/report.ts';
import { minuteOf, WORKERS } from '../../src/testing/chaos/schedule.ts';

const SEED = 5;
const GOALS = 30;
const START = 1_800_000_000_000;
const usage = {
  inputTokens: 1_000,
  outputTokens: 100,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  webSearches: 0,
};
const PRICE = priceUsage('claude-haiku-5-5', usage, new Date(START));

const goalId = (number: number): string => `goal${number}`;

function requestOf(key: string, change: Partial<SeenRequest> = {}): SeenRequest {
  const base = {
    attempt: 1,
    batch: false,
    purpose: 'task',
    model: 'claude-haiku-5-5',
    status: 200,
    outcome: 'sent',
  } as const;
  return {
    ...base,
    id: `req-${key}`,
    key,
    at: START,
    durationMs: 300,
    usage,
    line: '',
    process: 'worker-1',
    billedMicroUsd: PRICE,
    ...change,
  };
}

function faultOf(number: number, change: Partial<DoneFault> = {}): DoneFault {
  const cell = CELLS[(number - 1) % CELLS.length] ?? CELLS[0];
  if (!cell) throw new Error('no cells');
  const [at, lane] = [START + number * 1_000_000, 'worker-2'] as const;
  return { ...cell, number, key: `${goalId(1)}/x/0/1`, process: lane, lane, durationMs: 0, at, endedAt: at, ...change };
}

/** A run in which everything went well: one call for each goal, every fault once, far from the calls. */
function sound(): Accounts {
  const numbers = Array.from({ length: GOALS }, (_, at) => at + 1);
  const keys = numbers.map((number) => `${goalId(number)}/x/0/1`);
  return {
    ...{ seed: SEED, minutes: 1, visible: GOALS, incidents: [], extraSpend: [], stalls: [] },
    faults: CELLS.map((_cell, at) => faultOf(at + 1)),
    submissions: {
      ...{ attempts: GOALS, failed: 0 },
      acknowledged: numbers.map((number) => ({ number, goalId: goalId(number), at: START })),
    },
    goals: numbers.map((number) => {
      const { outputs, writers } = chaosGoal(SEED, number);
      const files = new Map([...writers].map((id) => [fileOf(id), outputs.get(id) ?? '']));
      return {
        goalId: goalId(number),
        idempotencyKey: '',
        status: 'completed',
        reason: null,
        ended: true,
        outputs,
        files,
      };
    }),
    workflows: numbers.map((number) => ({
      workflowId: `goal-${goalId(number)}`,
      status: 'COMPLETED',
      failedTasksInARow: 0,
      callsDone: new Map([[`${goalId(number)}/x/0/1`, START + 500]]),
      callsGivenUp: new Set<string>(),
    })),
    requests: keys.map((key) => requestOf(key)),
    calls: keys.map((key) => ({ key, requestId: `req-${key}`, recordedAt: START + 400, costMicroUsd: PRICE })),
    ledgerMicroUsd: PRICE * GOALS,
    budgets: [{ account: 'goal/goal1', capMicroUsd: 100, settledMicroUsd: 100, reservedMicroUsd: 0 }],
  };
}

const KEY = `${goalId(3)}/x/0/1`;
/** The call of goal 3 was sent twice; the first answer is nobody's. */
const again = (change: Partial<SeenRequest> = {}): SeenRequest =>
  requestOf(KEY, { id: 'other', at: START - 3_000, ...change });
const during: Partial<DoneFault> = { lane: 'worker-1', process: 'worker-1', at: START - 2_900, endedAt: START - 2_800 };
const booked = [{ key: KEY, kind: 'unknown', microUsd: 9_999 }] as const;

/** `sound`, with something wrong. */
function wrong(change: (accounts: Accounts) => Partial<Accounts>): Accounts {
  const accounts = sound();
  return { ...accounts, ...change(accounts) };
}

function replaced<T>(list: readonly T[], at: number, change: Partial<T>): T[] {
  return list.map((one, index) => (index === at ? { ...one, ...change } : one));
}

describe('accounts of a chaos run', () => {
  it('all is well → no breach (G25)', () => {
    expect(checkAccounts(sound())).toEqual([]);
    expect(report(sound(), [])).toContain('The accounts close.');
  });

  it('a call in flight at a fault that is paid again, and in the books → no breach, listed with the fault (G4)', () => {
    const accounts = wrong(({ requests, faults }) => ({
      requests: [...requests, again()],
      faults: [...faults, faultOf(99, during)],
      extraSpend: booked,
    }));
    expect(checkAccounts(accounts)).toEqual([]);
    expect(report(accounts, [])).toMatch(new RegExp(`${KEY} .*99: `));
  });

  it('two repeats, the last held up on a silent line after its admission → no breach, each with a fault (G4)', () => {
    const lasting = { ...during, at: START - 3_500, endedAt: START + 3_000 };
    const silent = (kind: DoneFault['kind'], number: number) => faultOf(number, { ...lasting, kind });
    const accounts = wrong(({ requests, faults }) => ({
      requests: [...requests, again(), again({ id: 'held', at: START + 1_500 })],
      faults: [...faults, silent('Temporal line silent', 98), silent('store line silent', 99)],
      extraSpend: [...booked, ...booked],
    }));
    expect(checkAccounts(accounts)).toEqual([]);
  });

  it('the same while the machine stood still, without a fault → no breach, said so', () => {
    const stalls = [{ process: 'worker-1', at: START - 2_900, endedAt: START - 1_000 }];
    const accounts = wrong(({ requests }) => ({ requests: [...requests, again()], stalls, extraSpend: booked }));
    expect(checkAccounts(accounts)).toEqual([]);
    expect(report(accounts, [])).toMatch(new RegExp(`${KEY} .*the machine stood still`));
  });

  it('the same when Temporal had given an attempt up that it did not hear of in time → no breach, said so', () => {
    const accounts = wrong(({ requests, workflows }) => ({
      requests: [...requests, again()],
      workflows: replaced(workflows, 2, { callsGivenUp: new Set([KEY]) }),
      extraSpend: booked,
    }));
    expect(checkAccounts(accounts)).toEqual([]);
    expect(report(accounts, [])).toMatch(new RegExp(`${KEY} .*the machine was heard too late`));
  });

  it.each<[string, (accounts: Accounts) => Partial<Accounts>, RegExp]>([
    [
      'a goal that is lost',
      ({ goals }) => ({ goals: goals.slice(1), visible: GOALS - 1 }),
      /goal1 was acknowledged and is lost/,
    ],
    [
      'a goal twice',
      ({ submissions }) => ({ submissions: { ...submissions, acknowledged: submissions.acknowledged.slice(1) } }),
      /never acknowledged/,
    ],
    ['Visibility that counts another number', () => ({ visible: GOALS + 1 }), /Visibility counts 31/],
    ['a goal without a workflow', ({ workflows }) => ({ workflows: workflows.slice(1) }), /unknown to Temporal/],
    [
      'a goal that does not end',
      ({ goals }) => ({ goals: replaced(goals, 0, { ended: false, status: 'running' }) }),
      /is stuck: running/,
    ],
    [
      'a workflow that does not end',
      ({ workflows }) => ({ workflows: replaced(workflows, 0, { status: 'RUNNING' }) }),
      /still running/,
    ],
    ['a goal that failed', ({ goals }) => ({ goals: replaced(goals, 0, { status: 'failed' }) }), /ended as failed/],
    [
      'a goal completed without a result',
      ({ goals }) => ({ goals: replaced(goals, 0, { outputs: new Map() }) }),
      /completed without/,
    ],
    [
      'a wrong result',
      ({ goals }) => ({
        goals: replaced(goals, 0, { outputs: new Map([...chaosGoal(SEED, 1).outputs].map(([id]) => [id, 'wrong'])) }),
      }),
      /handed in "wrong"/,
    ],
    [
      'a file that is gone',
      ({ goals }) => ({ goals: goals.map((goal) => ({ ...goal, files: new Map() })) }),
      /left the file/,
    ],
    [
      'a call paid again without a fault',
      ({ requests }) => ({ requests: [...requests, again()], extraSpend: booked }),
      /without a fault of its own/,
    ],
    [
      'one fault, one call, paid again twice',
      ({ requests, faults }) => ({
        requests: [...requests, again(), again({ id: 'third' })],
        faults: [...faults, faultOf(99, during)],
        extraSpend: [...booked, ...booked],
      }),
      /without a fault of its own/,
    ],
    [
      'a fault at another worker',
      ({ requests, faults }) => ({
        requests: [...requests, again()],
        faults: [...faults, faultOf(99, { ...during, process: 'worker-2', lane: 'worker-2' })],
        extraSpend: booked,
      }),
      /without a fault/,
    ],
    [
      'a recorded call sent again',
      ({ requests, faults }) => ({
        requests: [...requests, again({ at: START + 1_450 })],
        faults: [...faults, faultOf(1, { ...during, at: START, endedAt: START })],
        extraSpend: booked,
      }),
      /after its answer was recorded/,
    ],
    [
      'an extra payment that is not in the books',
      ({ requests, faults }) => ({ requests: [...requests, again()], faults: [...faults, faultOf(99, during)] }),
      /in the books are \[\]/,
    ],
    ['a ledger that is off by one', ({ ledgerMicroUsd }) => ({ ledgerMicroUsd: ledgerMicroUsd - 1 }), /but the ledger/],
    ['a call at another price', ({ calls }) => ({ calls: replaced(calls, 0, { costMicroUsd: PRICE + 1 }) }), /billed/],
    [
      'a budget that is overshot',
      ({ budgets }) => ({ budgets: replaced(budgets, 0, { settledMicroUsd: 101 }) }),
      /goal\/goal1 is over/,
    ],
    [
      'money that is still held',
      ({ budgets }) => ({ budgets: replaced(budgets, 0, { settledMicroUsd: 0, reservedMicroUsd: 1 }) }),
      /still holds 1/,
    ],
    [
      'workflow tasks that fail again and again',
      ({ workflows }) => ({ workflows: replaced(workflows, 0, { failedTasksInARow: 4 }) }),
      /4 workflow tasks failed/,
    ],
    ['a fault that never happened', ({ faults }) => ({ faults: faults.slice(1) }), /never happened/],
    [
      'too little done',
      ({ goals }) => ({ goals: goals.map((goal) => ({ ...goal, status: 'cancelled' })) }),
      /only 0 goals completed/,
    ],
    ['a process that ended by itself', () => ({ incidents: ['worker-1 ended by itself'] }), /worker-1 ended/],
  ])('%s → a breach', (_case, change, breach) => {
    expect(checkAccounts(wrong(change)).join('\n')).toMatch(breach);
  });

  it('recovery → from the fault to the end of the call it was aimed at; over before: none (G3)', () => {
    const at = (ms: number) => recoveryMs(faultOf(1, { at: START + ms }), sound());
    expect([at(100), at(600)]).toEqual([400, undefined]);
  });
});

describe('schedule of a chaos run', () => {
  it('a minute → every kind × moment once, shared by the workers; equal for equal seeds', () => {
    const lanes = minuteOf(SEED, 0);
    const planned = [...lanes.values()].flat().map(({ kind, moment }) => `${kind}, ${moment}`);
    expect([...planned].sort()).toEqual(CELLS.map(({ kind, moment }) => `${kind}, ${moment}`).sort());
    const [one = 0, two = 0] = WORKERS.map((worker) => lanes.get(worker)?.length);
    expect(Math.abs(one - two)).toBeLessThanOrEqual(1);
    expect(minuteOf(SEED, 0)).toEqual(lanes);
    expect(minuteOf(SEED, 1)).not.toEqual(lanes);
    expect(minuteOf(SEED + 1, 0)).not.toEqual(lanes);
  });
});
