/** The parts of `orchestrator chat` that need no servers: what is shown of events, live replies, completion. */
import { chatLines, LiveReply } from '../../src/cli/chat/render.ts';
import { completions } from '../../src/cli/chat/slash.ts';
import type { GoalEvent } from '../../src/core/events.ts';
import { blankEvent, goalDetail } from '../client/fake-parts.ts';

const event = (type: GoalEvent['type'], data: GoalEvent['data']): GoalEvent => ({ ...blankEvent('g', 1), type, data });

describe('events of a conversation', () => {
  it('escape sequences in words of the model → harmless', () => {
    expect(chatLines(event('chat-reply', { text: 'red \u001b[31mtext\u0007' }))).toBe('red text\n');
    expect(chatLines(event('chat-failed', { reason: 'no\nroom' }))).toBe('No answer: no room\n');
  });

  it('a goal that ended → status, cost, why and where to read it', () => {
    const data = { goalId: 'abc', status: 'partial', title: 'Fence', reason: 'not done: paint', hasDeliverable: true };
    expect(chatLines(event('chat-goal-ended', { ...data, costMicroUsd: 31_200 }))).toMatch(
      /^\[goal abc partial, \$0\.03\d*: not done: paint\] Fence\. Read it: `orchestrator goals show abc --deliverable`\.\n$/,
    );
  });

  it('an event that says nothing to a person → nothing', () => {
    expect(chatLines(event('turn-end', {}))).toBeUndefined();
  });
});

describe('live replies', () => {
  const shown = (...steps: ((live: LiveReply) => void)[]) => {
    let out = '';
    const live = new LiveReply((text) => {
      out += text;
    });
    for (const step of steps) step(live);
    return out;
  };

  it('live text, then the whole → only the rest is added', () => {
    expect(
      shown(
        (live) => live.delta('Good '),
        (live) => live.part('Good morning'),
      ),
    ).toBe('Good morning\n');
  });

  it('a piece of live text was lost → the whole is shown once more', () => {
    expect(
      shown(
        (live) => live.delta('G morn'),
        (live) => live.part('Good morning'),
      ),
    ).toBe('G morn\nGood morning\n');
  });

  it('no live text at all → the whole', () => {
    expect(shown((live) => live.part('Good morning'))).toBe('Good morning\n');
  });
});

describe('completion', () => {
  const client = {
    list: async () => [goalDetail('0123'), goalDetail('0456')],
    approvals: async () => [],
  };

  it.each([
    ['/st', [['/status'], '/st']],
    ['/status 04', [['0456'], '04']],
    ['/cancel ', [['0123', '0456'], '']],
    ['/approve x', [[], 'x']],
    ['/goals 0', [[], '0']],
    ['hello', [[], 'hello']],
  ])('%s → %j', async (line, expected) => {
    expect(await completions(client, line)).toEqual(expected);
  });
});
