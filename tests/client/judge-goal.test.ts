import { headroomOf } from '../../src/client/examine/headroom.ts';
import { judgeGoal } from '../../src/client/examine/judge-goal.ts';
import { keepExamining } from '../../src/client/examine/keep-examining.ts';
import type { ActivityFacts, WorkflowFacts } from '../../src/client/examine/workflow-facts.ts';
import { type LogFields, silentLogger } from '../../src/monitoring/logger.ts';
import type { OpenGoal } from '../../src/store/store.ts';

const NOW = Date.parse('2026-11-20T12:00:00.000Z');
const workflow = (change: Partial<WorkflowFacts> = {}): WorkflowFacts => ({
  ...{ goalId: 'g', workflowId: 'goal-g', runId: 'r', taskQueue: 'q', running: true },
  ...{ events: 100, bytes: 10_000, updates: 0, activities: [] },
  ...change,
});
const activity = (change: Partial<ActivityFacts> = {}): ActivityFacts => ({
  ...{ name: 'callModel', attempt: 1, started: true, sinceMs: NOW - 60_000 },
  ...change,
});
const stored = (awaiting: string | null, hours: number): OpenGoal => ({
  ...{ goalId: 'g', status: 'running', awaiting, createdAt: '2026-11-19T12:00:00.000Z' },
  awaitingSince: new Date(NOW - hours * 3_600_000).toISOString(),
});
const kinds = (facts: Partial<WorkflowFacts>, more: { polled?: boolean; stored?: OpenGoal } = {}) =>
  judgeGoal({ workflow: workflow(facts), nowMs: NOW, polled: true, ...more }).map(({ kind }) => kind);
const failing = (type: string, attempt: number) =>
  activity({ attempt, started: false, failure: { type, message: 'no' } });

describe('judgeGoal', () => {
  it.each([
    ['a call that runs and beats', { activities: [activity({ beatDueMs: NOW - 1_000 })] }, []],
    ['a call whose beat is 20 s late', { activities: [activity({ beatDueMs: NOW - 20_000 })] }, ['heartbeat-overdue']],
    ['overloaded for the 50th time', { activities: [failing('model.overloaded', 50)] }, []],
    ['store away for the third time', { activities: [failing('store.unavailable', 3)] }, []],
    ['Claude cut off for the 20th time', { activities: [failing('model.connection', 20)] }, []],
    ['Claude out of reach for the 21st time', { activities: [failing('model.connection', 21)] }, ['activity-failing']],
    ['store away for the fourth time', { activities: [failing('store.unavailable', 4)] }, ['activity-failing']],
    ['unknown activity', { activities: [failing('NotFoundError', 4)] }, ['activity-failing']],
    ['workflow task tried again', { task: { attempt: 2, started: false, sinceMs: NOW } }, []],
    ['workflow task tried a third time', { task: { attempt: 3, started: false, sinceMs: NOW } }, ['workflow-failing']],
    ['59 % of the events', { events: 30_200 }, []],
    ['60 % of the events', { events: 30_720 }, ['headroom']],
    ['60 % of the updates', { updates: 1_200 }, ['headroom']],
  ])('%s → %j', (_name, facts, expected) => {
    expect(kinds(facts)).toEqual(expected);
  });

  it('work that waits → stuck only when it waits long and nobody polls', () => {
    const waits = (ms: number) => ({ task: { attempt: 1, started: false, sinceMs: NOW - ms } });
    expect(kinds(waits(30_000), { polled: true })).toEqual([]);
    expect(kinds(waits(10_000), { polled: false })).toEqual([]);
    expect(kinds(waits(30_000), { polled: false })).toEqual(['no-worker']);
    expect(kinds({ activities: [activity({ started: false })] }, { polled: false })).toEqual(['no-worker']);
  });

  it('waiting for a person → told after an hour, with the command that answers', () => {
    expect(kinds({}, { stored: stored('credentials', 0.5) })).toEqual([]);
    expect(kinds({}, { stored: stored(null, 5) })).toEqual([]);
    for (const [awaiting, command] of [
      ['budget', /goals raise-budget g <usd>/],
      ['credentials', /goals resume g`,/],
      ['tool', /approvals list g`,/],
    ] as const) {
      const [finding] = judgeGoal({ workflow: workflow(), stored: stored(awaiting, 5), nowMs: NOW, polled: true });
      expect(finding).toMatchObject({ kind: 'waits-long', remedy: expect.stringMatching(command) });
    }
  });

  it('headroom → every limit, the fullest first', () => {
    const facts = workflow({ updates: 1_000, activities: Array.from({ length: 200 }, () => activity()) });
    expect(headroomOf(facts).map(({ of, share }) => [of, share])).toEqual([
      ['updates', 0.5],
      ['activities', 0.1],
      ['events', 100 / 51_200],
      ['bytes', 10_000 / (50 * 1024 * 1024)],
    ]);
  });
});

describe('keepExamining', () => {
  it('a finding that stays, then goes, and an error between → told once each', async () => {
    const finding = { goalId: 'g', kind: 'lost', detail: 'd', remedy: 'r' } as const;
    const looks = [[finding], [finding], undefined, []];
    const said: string[] = [];
    let over = () => {};
    const done = new Promise<void>((resolve) => {
      over = resolve;
    });
    const say = (message: string, fields?: LogFields) => said.push(`${message} ${fields?.goalId ?? ''}`.trim());
    const stop = keepExamining({
      intervalMs: 1,
      logger: { ...silentLogger, warn: say, info: say },
      examine: async () => {
        const next = looks.shift();
        if (looks.length === 0) over();
        if (!next) throw new Error('away');
        return { openGoals: 1, examined: 1, findings: next };
      },
    });
    await done;
    await stop();
    expect(said).toEqual(['a goal does not go on g', 'open goals could not be examined', 'it is over g']);
  });
});
