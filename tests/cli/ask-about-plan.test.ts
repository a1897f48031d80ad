import { askingAboutPlans, type PlanAnswer } from '../../src/cli/run/ask-about-plan.ts';
import { removal } from '../../src/cli/run/edit-on-terminal.ts';
import type { Viewer } from '../../src/cli/run/viewer.ts';
import type { Decide } from '../../src/client/approvals.ts';
import type { PlanEditRequest } from '../../src/client/edit-plan.ts';
import type { ApprovalDetail } from '../../src/core/approval.ts';
import type { GoalEvent } from '../../src/core/events.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { PlanDiff } from '../../src/core/plan-edit.ts';

const ITEM = {
  id: 'goal-g1#plan.0',
  goalId: 'g1',
  goalTitle: 'A goal',
  itemId: 'plan.0',
  kind: 'plan',
  title: 'may a plan of 1 tasks run?',
  hash: 'h1',
  taskId: null,
  tool: null,
  budget: null,
  state: 'open',
  onExpiry: 'deny',
  askedAt: '2026-11-20T10:00:00.000Z',
  expiresAt: null,
  remindedAt: null,
  escalatedAt: null,
  decidedBy: null,
  decidedAt: null,
  scope: null,
  arguments: null,
  note: null,
  plan: {
    title: 'The \u001b[31mplan',
    acceptanceCriteria: ['It is short.'],
    tasks: [
      {
        id: 'a',
        title: 'First',
        instructions: 'Do it.',
        agent: 'writer',
        agentReason: '',
        tier: 'fast',
        dependsOn: [],
        acceptanceCriteria: [],
        effort: 'S',
        priority: 3,
        onFailure: 'retry',
        optional: false,
      },
    ],
  },
  outlook: {
    forecast: { costMicroUsd: { low: 10_000, high: 40_000 }, durationMs: { low: 5_000, high: 90_000 } },
    source: 'manager',
    tasks: [{ id: 'a', effect: 'outward' }],
  },
} satisfies ApprovalDetail;

const event = (type: GoalEvent['type'], data: Record<string, unknown> = {}): GoalEvent => ({
  ...{ seq: 1, goalId: 'g1', type, at: ITEM.askedAt, taskId: null, data },
});
const REQUEST = event('approval-request', { kind: 'plan', itemId: 'plan.0' });

const DIFF: PlanDiff = {
  ...{ baseRevision: 3, revision: 4, author: 'ada', alsoSkipped: [], reopened: [] },
  changes: [{ task: 'a', title: 'First', kind: 'removed', fields: [] }],
  costMicroUsd: { low: -40_000, high: -10_000 },
};

/** A desk whose person answers with what `answers` comes to. */
function desk(answers: (signal: AbortSignal) => Promise<PlanAnswer | undefined>, { open = true, meant = true } = {}) {
  const seen = {
    ...{ lines: [] as string[], decided: [] as Decide[], viewer: [] as string[] },
    edited: [] as PlanEditRequest[],
  };
  const log = (what: string) => () => void seen.viewer.push(what);
  const note = (text: string) => void seen.viewer.push(text);
  const viewer: Viewer = {
    ...{ wantsDetail: true, event: () => undefined, detail: () => undefined, note },
    ...{ pause: log('pause'), resume: log('resume'), close: log('close') },
  };
  const asking = askingAboutPlans(
    viewer,
    {
      io: { stderr: { write: (text: string) => seen.lines.push(text) } as never },
      client: {
        approvals: async () => (open ? [ITEM] : []),
        approval: async () => ITEM,
        decide: async (_id, decision) => {
          seen.decided.push(decision);
          return { applied: true, verdict: decision.verdict, by: 'ada', atMs: 0, scope: 'once' };
        },
        previewEdit: async () => DIFF,
        editPlan: async (_id, request) => {
          seen.edited.push(request);
          return DIFF;
        },
      },
      goalId: 'g1',
    },
    { plan: (_item, signal) => answers(signal), edit: async () => meant },
  );
  return { seen, asking };
}

/** Lets what was begun go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('askingAboutPlans', () => {
  it('a plan waits → shown with effects and forecast, the verdict goes with the hash that was seen', async () => {
    const { seen, asking } = desk(async () => ({ verdict: 'deny', note: 'shorter' }));
    asking.event(REQUEST);
    await settle();
    expect(seen.viewer).toEqual(['pause', 'resume']);
    expect(seen.lines.join('')).toContain('its agent MAY REACH OTHERS');
    expect(seen.lines.join('')).toContain('Forecast: $0.0100 to $0.0400, 5.0 s to 1:30');
    expect(seen.lines.join('')).not.toContain('\u001b');
    expect(seen.decided).toMatchObject([{ verdict: 'deny', note: 'shorter', hash: 'h1' }]);
  });

  it.each([
    [true, [{ operations: [{ op: 'remove', taskId: 'a' }], baseRevision: 3 }]],
    [false, []],
  ])(
    'edited → what changes is shown first; meant: %s → applied to the plan that was shown, or not',
    async (...[meant, edits]) => {
      const { seen, asking } = desk(async () => ({ operations: [{ op: 'remove', taskId: 'a' }] }), { meant });
      asking.event(REQUEST);
      await settle();
      expect(seen.viewer.slice(0, 2)).toEqual(['pause', 'resume']);
      expect(seen.lines.join('')).toContain('Cost: -$0.0400 to -$0.0100 expected');
      expect(seen.edited).toMatchObject(edits);
      expect(seen.edited).toHaveLength(edits.length);
      expect(seen.decided).toEqual([]);
    },
  );

  it('left waiting → nothing is decided, and the commands are named', async () => {
    const { seen, asking } = desk(async () => undefined);
    asking.event(REQUEST);
    await settle();
    expect(seen.decided).toEqual([]);
    expect(seen.viewer.at(-1)).toContain("orchestrator approvals approve 'goal-g1#plan.0'");
  });

  it('decided elsewhere while the question stands → the question is taken back', async () => {
    let aborted = false;
    const { seen, asking } = desk(
      (signal) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve({ verdict: 'approve' });
          }),
        ),
    );
    asking.event(REQUEST);
    await settle();
    asking.event(event('approval-decided', { itemId: 'plan.0' }));
    await settle();
    expect(aborted).toBe(true);
    expect(seen.decided).toEqual([]);
  });

  it('an old event of a plan that is decided → nothing is asked', async () => {
    const { seen, asking } = desk(async () => ({ verdict: 'approve' }), { open: false });
    asking.event(REQUEST);
    await settle();
    expect(seen.viewer).toEqual([]);
  });
});

describe('removal', () => {
  it('of a task in the middle → what needed it needs what it needed', () => {
    const task = (id: string, dependsOn: string[]) =>
      ({ ...ITEM.plan.tasks[0], id, dependsOn }) as Plan['tasks'][number];
    const plan = { ...ITEM.plan, tasks: [task('a', []), task('b', ['a']), task('c', ['a', 'b'])] } as Plan;
    expect(removal(plan, 'b')).toEqual([
      { op: 'change', taskId: 'c', dependsOn: ['a'] },
      { op: 'remove', taskId: 'b' },
    ]);
  });
});
