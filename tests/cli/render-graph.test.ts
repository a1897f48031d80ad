/** The live view: event sequences in, lines out. */
import { applyDetail, applyEvent, emptyPicture, type GoalPicture } from '../../src/cli/view/goal-view.ts';
import { createPaint } from '../../src/cli/view/paint.ts';
import { renderGraph } from '../../src/cli/view/render-graph.ts';
import { displayWidth } from '../../src/cli/view/width.ts';
import type { GoalEvent } from '../../src/core/events.ts';
import { blankEvent, goalDetail } from '../client/fake-parts.ts';

const plain = createPaint(false);
const START = Date.parse('2026-11-20T10:00:00.000Z');
const at = (seconds: number): string => new Date(START + seconds * 1_000).toISOString();

const planTask = (id: string, dependsOn: string[] = [], agent = 'writer') => ({
  id,
  title: `Do ${id}`,
  agent,
  dependsOn,
});

function play(events: Partial<GoalEvent>[], picture: GoalPicture = emptyPicture('goal1')): GoalPicture {
  return events.reduce(
    (before, event, index) => applyEvent(before, { ...blankEvent('goal1', index + 1), ...event }),
    picture,
  );
}

function draw(picture: GoalPicture, frame: { columns?: number; rows?: number; seconds?: number } = {}): string[] {
  const { columns = 80, rows = 24, seconds = 0 } = frame;
  return renderGraph(picture, { columns, rows, nowMs: START + seconds * 1_000, tick: 0, paint: plain });
}

const DIAMOND: Partial<GoalEvent>[] = [
  { type: 'goal-start', at: at(0) },
  {
    type: 'plan-ready',
    at: at(1),
    data: {
      title: 'Compare stores',
      tasks: [
        planTask('scope'),
        planTask('left', ['scope']),
        planTask('right', ['scope'], 'critic'),
        planTask('join', ['left', 'right']),
      ],
    },
  },
];

describe('live view', () => {
  it('batches that are waited for → how many calls are in them; ended → nothing of it', () => {
    const started = play([
      ...DIAMOND,
      { type: 'batch-start', data: { batch: 'x', calls: 2 } },
      { type: 'batch-start', data: { batch: 'x', calls: 2 } },
    ]);
    expect(draw(started)[1]).toContain('waiting for a batch (2 calls)');
    const two = play([{ type: 'batch-start', data: { batch: 'y', calls: 1 } }], started);
    expect(draw(two)[1]).toContain('waiting for 2 batches (3 calls)');
    const ends = ['x', 'y'].map((batch) => ({ type: 'batch-end' as const, data: { batch, calls: 1 } }));
    expect(draw(play(ends, two))[1]).not.toContain('batch');
  });

  it('before anything → the goal, queued', () => {
    expect(draw(emptyPicture('goal1'))).toEqual(['goal goal1', '⠋ queued · 0:00 · $0.00']);
  });

  it('a budget → beside the cost; used up → what it waits for and how to go on', () => {
    const budget = { capMicroUsd: 1_000_000, settledMicroUsd: 120_000, reservedMicroUsd: 0, unknownMicroUsd: 0 };
    const shown = applyDetail(emptyPicture('goal1'), goalDetail('goal1', { costMicroUsd: 120_000, budget }));
    const reason = 'budget.exhausted: the next call may cost $0.9000';
    const lines = draw(play([{ type: 'awaiting', data: { awaiting: 'budget', reason } }], shown));
    expect(lines[1]).toContain('waits for budget');
    expect(lines[1]).toContain('$0.1200 of $1.00');
    expect(lines.join('\n')).toContain('orchestrator goals raise-budget goal1 <usd>');
  });

  it('a command that is longer than the line → wrapped, nothing of it is missing', () => {
    const note =
      '`orchestrator goals resume goal1 --simulate --data-dir /home/somebody/folders/of/instances` lets it go on';
    const lines = draw({ ...emptyPicture('goal1'), notes: [note, 'x'.repeat(200)] }, { columns: 60 });
    expect(lines.slice(2, 4).join(' ')).toBe(`! ${note}`);
    expect(lines.at(-1)).toMatch(/x…$/);
  });

  it('plan-ready → tasks by layer with what they wait for', () => {
    expect(draw(play(DIAMOND), { seconds: 2 })).toEqual([
      'Compare stores',
      '⠋ running · 0/4 tasks · 0:02 · $0.00',
      '○ scope     writer',
      '○ └ left    writer                   ← scope',
      '○ └ right   critic                   ← scope',
      '○   └ join  writer                   ← left, right',
    ]);
  });

  it('tasks start, fail, retry, end → glyphs, times and remarks', () => {
    const picture = play([
      ...DIAMOND,
      { type: 'task-start', taskId: 'scope', at: at(2) },
      { type: 'task-end', taskId: 'scope', at: at(5), data: { status: 'done' } },
      { type: 'task-start', taskId: 'left', at: at(5) },
      { type: 'task-start', taskId: 'right', at: at(5) },
      { type: 'task-retry', taskId: 'right', at: at(6), data: { reason: 'timed out' } },
      { type: 'task-end', taskId: 'left', at: at(7), data: { status: 'failed' } },
      { type: 'task-end', taskId: 'join', at: at(7), data: { status: 'skipped' } },
    ]);
    expect(draw(picture, { seconds: 9 })).toEqual([
      'Compare stores',
      '⠋ running · 1/4 tasks · 0:09 · $0.00',
      '✔ scope     writer   3.0 s',
      '✖ └ left    writer   2.0 s           failed · ← scope',
      '◌ └ right   critic    0:04           ← scope',
      '⊘   └ join  writer    0 ms           skipped · ← left, right',
      '! task-retry · right · timed out',
    ]);
  });

  it('text-delta → the end of the text of who spoke last, in a small area, and gone when the task has ended', () => {
    const words = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ');
    const speaking = play([
      ...DIAMOND,
      { type: 'task-start', taskId: 'scope', at: at(2) },
      { type: 'text-delta', seq: 0, taskId: 'left', data: { text: 'other' } },
      { type: 'text-delta', seq: 0, taskId: 'scope', data: { text: words.slice(0, 100) } },
      { type: 'text-delta', seq: 0, taskId: 'scope', data: { text: words.slice(100) } },
    ]);
    const lines = draw(speaking, { columns: 60 });
    const from = lines.findIndex((line) => line.startsWith('─ scope (and 1 more) ─'));
    expect(from).toBe(6);
    expect(lines.slice(from + 1)).toHaveLength(5);
    expect(lines.at(-1)).toMatch(/word59$/);
    const ended = play([{ type: 'task-end', taskId: 'scope', at: at(3), data: { status: 'done' } }], speaking);
    expect(draw(ended).join('\n')).toMatch(/─ left ─/);
  });

  it('hostile text in every place → no control character reaches the terminal', () => {
    const evil = '\u001b[2Jevil\u001b]0;t\u0007\u202e\nsecond line';
    const picture = play([
      {
        type: 'plan-ready',
        data: { title: evil, tasks: [{ ...planTask('a'), id: evil, agent: evil, dependsOn: [evil] }] },
      },
      { type: 'text-delta', seq: 0, taskId: evil, data: { text: evil } },
      { type: 'replan', data: { reason: evil } },
      { type: 'awaiting', data: { awaiting: evil } },
    ]);
    for (const line of draw(picture)) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/u);
  });

  it('detail from the store → truth over what the events said; streams and remarks stay', () => {
    const before = play([...DIAMOND, { type: 'fallback', data: { reason: 'odd' } }]);
    const task = { agentReason: '', tier: 'fast', optional: false, reason: null, summary: null, modelCalls: 2 };
    const picture = applyDetail(
      before,
      goalDetail('goal1', {
        title: 'Compare stores',
        status: 'completed',
        simulated: true,
        startedAt: at(0),
        endedAt: at(65),
        costMicroUsd: 31_200,
        tasks: [
          {
            ...task,
            ...{ taskId: 'scope', title: 'Do scope', agent: 'writer', dependsOn: [], status: 'done' },
            ...{ startedAt: at(1), endedAt: at(62), costMicroUsd: 30_000, revision: 1 },
          },
        ],
      }),
    );
    expect(draw(picture, { seconds: 500 })).toEqual([
      'Compare stores',
      'completed · 1/1 tasks · 1:05 · $0.0312 · SIMULATED',
      '✔ scope  writer    1:01  $0.0300  attempt 2',
      '! fallback · odd',
    ]);
  });

  it('awaiting → said, and over when it ends', () => {
    const waiting = play([...DIAMOND, { type: 'awaiting', data: { awaiting: 'credentials', reason: 'key refused' } }]);
    expect(draw(waiting)[1]).toMatch(/waits for credentials/);
    expect(draw(play([{ type: 'awaiting-end' }], waiting))[1]).not.toMatch(/waits/);
  });

  it.each([
    [20, 8],
    [40, 5],
    [80, 24],
    [200, 60],
    [10, 3],
  ])('300 tasks with wide characters on %d × %d → every line and the height fit', (columns, rows) => {
    const tasks = Array.from({ length: 300 }, (_, index) =>
      planTask(`日本語-${index}`, index > 0 ? [`日本語-${index - 1}`] : [], '研究者'),
    );
    const picture = play([
      { type: 'goal-start', at: at(0) },
      { type: 'plan-ready', data: { title: '🚀'.repeat(100), tasks } },
      { type: 'task-start', taskId: '日本語-150', at: at(1) },
      { type: 'text-delta', seq: 0, taskId: '日本語-150', data: { text: '長い文章'.repeat(200) } },
      ...['a', 'b', 'c'].map((reason) => ({ type: 'replan' as const, data: { reason: reason.repeat(300) } })),
    ]);
    const lines = draw(picture, { columns, rows });
    expect(lines.length).toBeLessThan(rows);
    for (const line of lines) expect(displayWidth(line)).toBeLessThan(columns);
  });

  it('more tasks than rows → running and failed ones are shown, the rest counted', () => {
    const tasks = Array.from({ length: 40 }, (_, index) => planTask(`t${index}`));
    const picture = play([
      { type: 'plan-ready', data: { title: 'Many', tasks } },
      ...[0, 1, 2].map((index) => ({ type: 'task-end' as const, taskId: `t${index}`, data: { status: 'done' } })),
      { type: 'task-start', taskId: 't37', at: at(1) },
      { type: 'task-end', taskId: 't38', at: at(1), data: { status: 'failed' } },
    ]);
    const text = draw(picture, { rows: 12 }).join('\n');
    expect(text).toMatch(/t37 .*running/);
    expect(text).toMatch(/✖ t38/);
    expect(text).toMatch(/… 32 more tasks: 3 done, 29 waiting/);
  });
});
