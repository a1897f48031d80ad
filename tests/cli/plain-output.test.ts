/** Output for pipes and the report at the end. */

import { formatClock, formatCount, formatDuration, formatUsd } from '../../src/cli/view/format.ts';
import { createPaint, wantsColour } from '../../src/cli/view/paint.ts';
import { plainLine } from '../../src/cli/view/plain-line.ts';
import { reportLines } from '../../src/cli/view/report.ts';
import { table } from '../../src/cli/view/table.ts';
import { blankEvent, CENSUS, goalDetail } from '../client/fake-parts.ts';

const plain = createPaint(false);
const event = (change: object) => ({ ...blankEvent('g', 1), at: '2026-11-20T10:00:07.123Z', ...change });

describe('plain line', () => {
  it('event with facts → one line: time, type, task, facts; zero token counts left out', () => {
    const data = { status: 'done', costMicroUsd: 1_234, reason: 'two words', ok: true, cacheReadTokens: 0, n: 0 };
    expect(plainLine(event({ type: 'task-end', taskId: 'a', data }))).toBe(
      '10:00:07Z task-end a status=done cost=$0.0012 reason="two words" ok=true n=0',
    );
  });

  it('list → its length; nested, null and empty members → left out', () => {
    const data = { tasks: [{}, {}], deep: { a: 1 }, none: null, empty: '' };
    expect(plainLine(event({ type: 'plan-ready', data }))).toBe('10:00:07Z plan-ready tasks=2');
  });

  it('text-delta → nothing', () => {
    expect(plainLine(event({ type: 'text-delta', data: { text: 'x' } }))).toBeUndefined();
  });

  it('hostile and long values → one bounded line without controls', () => {
    const line = plainLine(
      event({ type: 'replan', taskId: 'a\nb', data: { reason: `\u001b[31m${'x'.repeat(5_000)}\n` } }),
    );
    expect(line?.length).toBeLessThan(220);
    expect(line).not.toMatch(/[\u0000-\u001f]/u);
  });
});

describe('report', () => {
  const detail = goalDetail('goal1', {
    title: 'Compare',
    status: 'partial',
    reason: 'one task failed',
    endedAt: '2026-11-20T10:01:00.000Z',
    deliverable: '# Result\n\u001b[31mred\u001b[0m text\n',
    census: {
      ...CENSUS,
      tasks: { ...CENSUS.tasks, total: 3, failed: 1 },
      criteria: { total: 3, pass: 1, fail: 1, unverified: 1 },
      fallbacks: ['plan.fallback'],
      replans: 1,
      forecast: { costMicroUsd: { low: 20_000, high: 50_000 }, durationMs: { low: 1, high: 2 } },
    },
    criteria: [
      {
        taskId: null,
        criterion: 'Names three options',
        verdict: 'pass',
        quote: 'three options',
        source: 'a',
        reason: 'r',
      },
      {
        taskId: null,
        criterion: 'Gives costs',
        verdict: 'fail',
        quote: null,
        source: null,
        reason: 'no cost stands there',
      },
      { taskId: 'a', criterion: 'of a task', verdict: 'fail', quote: null, source: null, reason: 'r' },
    ],
    tasks: [
      {
        ...{ taskId: 'b', title: 'B', agent: 'writer', agentReason: '', tier: 'fast', dependsOn: [], optional: false },
        ...{ status: 'failed', reason: 'refused', summary: null, startedAt: null, endedAt: null },
        ...{ costMicroUsd: 0, modelCalls: 0, revision: 0 },
      },
    ],
  });

  it('partial goal → deliverable, then status, census, verdicts with evidence, what is missing, place', () => {
    expect(reportLines(detail, { paint: plain, savedTo: '/tmp/x.md' })).toEqual([
      '# Result',
      'red text',
      '',
      'Goal      goal1  Compare',
      'Status    partial: one task failed',
      'Tasks     2/3 done, 1 failed, 1 retried, 1 replan',
      'Checked   1 pass, 1 fail, 1 unverified',
      'Fallbacks plan.fallback',
      'Cost      $0.0312, forecast $0.0200–$0.0500 · 5 model calls, 1 tool call',
      'Tokens    12.3k in, 678 out, 9.0k read from cache',
      'Time      4.2 s (critical path 3.9 s)',
      'Criteria',
      '  ✔ pass  Names three options',
      '      “three options” [a]',
      '  ✖ fail  Gives costs',
      '      no cost stands there',
      'Not done',
      '  failed  b: refused',
      'Saved to  /tmp/x.md',
    ]);
  });

  it('simulated goal → said first, and the cost is called unpaid', () => {
    const lines = reportLines({ ...detail, simulated: true }, { paint: plain });
    expect(lines[0]).toMatch(/^SIMULATED/);
    expect(lines.join('\n')).toMatch(/Cost {6}\$0\.0312 as it would be \(nothing was paid\)/);
  });

  it('goal with a budget that is used up → what is spent of it, and how to go on', () => {
    const budget = { capMicroUsd: 1_000_000, settledMicroUsd: 120_000, reservedMicroUsd: 50_000, unknownMicroUsd: 0 };
    const waiting = { ...detail, status: 'running' as const, awaiting: 'budget', census: null, budget };
    const lines = reportLines(waiting, { paint: plain });
    expect(lines).toContain('Waits for budget: `orchestrator goals raise-budget goal1 <usd>` lets it go on');
    expect(lines).toContain('Budget    $0.1200 of $1.00, $0.0500 held for calls in flight');
  });

  it.each([
    ['plan', 'Waits for plan: `orchestrator approvals list goal1 --simulate` shows what to decide'],
    ['credentials', 'Waits for credentials: `orchestrator goals resume goal1 --simulate` lets it go on'],
  ])('goal that waits for %s → how to go on', (awaiting, line) => {
    const waiting = { ...detail, status: 'running' as const, awaiting, census: null };
    expect(reportLines(waiting, { paint: plain, selectors: { simulate: true } })).toContain(line);
  });

  it('not verified → said so', () => {
    const census = { ...CENSUS, verified: false };
    expect(reportLines({ ...detail, census }, { paint: plain }).join('\n')).toMatch(/Checked {3}not verified/);
  });
});

describe('formats', () => {
  it('money, clocks, durations, counts', () => {
    expect([0, 1, 31_200, 999_999, 1_230_000].map(formatUsd)).toEqual([
      '$0.00',
      '$0.0000',
      '$0.0312',
      '$1.0000',
      '$1.23',
    ]);
    expect([0, 59_999, 60_000, 3_723_000, -5].map(formatClock)).toEqual(['0:00', '0:59', '1:00', '1:02:03', '0:00']);
    expect([5, 1_500, 61_000].map(formatDuration)).toEqual(['5 ms', '1.5 s', '1:01']);
    expect([999, 1_000, 2_500_000].map(formatCount)).toEqual(['999', '1.0k', '2.5M']);
  });

  it('table: wide and hostile cells → aligned, cut, safe', () => {
    expect(
      table(
        ['A', 'B'],
        [
          ['日本', 'x\u001b[31m\ny'],
          ['a', 'a long text that is cut, since the terminal ends'],
        ],
        34,
      ),
    ).toEqual(['A     B', '日本  x y', 'a     a long text that is cut, si…']);
  });

  describe('table of ids, states and texts', () => {
    const head = ['GOAL', 'STATUS', 'TITLE'];
    const rows = [
      ['0123456789abcdefghjk', 'running', 'A title of some length that says what it is about'],
      ['1123456789abcdefghjk', 'completed', ''],
    ];

    it('a pipe → one line a row, nothing cut', () => {
      expect(table(head, rows)).toEqual([
        'GOAL                  STATUS     TITLE',
        '0123456789abcdefghjk  running    A title of some length that says what it is about',
        '1123456789abcdefghjk  completed',
      ]);
    });

    it('no room for the last column → below its row', () => {
      expect(table(head, rows, 40)).toEqual([
        'GOAL                  STATUS',
        '0123456789abcdefghjk  running',
        '    A title of some length that says wh…',
        '1123456789abcdefghjk  completed',
      ]);
    });

    it('no room for the others either → a line for each cell; ids stay whole', () => {
      expect(table(head, rows, 25)).toEqual([
        '0123456789abcdefghjk',
        '  STATUS  running',
        '  TITLE   A title of som…',
        '1123456789abcdefghjk',
        '  STATUS  completed',
      ]);
    });
  });

  it.each([
    ['a terminal', { isTty: true, env: {} }, true],
    ['a pipe', { isTty: false, env: {} }, false],
    ['a dumb terminal', { isTty: true, env: { TERM: 'dumb' } }, false],
    ['NO_COLOR on a terminal', { isTty: true, env: { NO_COLOR: '1' } }, false],
    ['empty NO_COLOR', { isTty: true, env: { NO_COLOR: '' } }, true],
    ['FORCE_COLOR in a pipe', { isTty: false, env: { FORCE_COLOR: '1' } }, true],
    ['FORCE_COLOR=0 on a terminal', { isTty: true, env: { FORCE_COLOR: '0' } }, false],
    ['--no-color over FORCE_COLOR', { isTty: true, env: { FORCE_COLOR: '1' }, noColour: true }, false],
  ])('colours: %s → decided', (_case, options, expected) => {
    expect(wantsColour(options)).toBe(expected);
  });

  it('paint: on → escapes, off → none', () => {
    expect(createPaint(true)(['bold', 'red'], 'x')).toBe('\u001b[31m\u001b[1mx\u001b[22m\u001b[39m');
    expect(plain('red', 'x')).toBe('x');
  });
});
