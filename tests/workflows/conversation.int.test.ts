/** Conversations: messages are answered in order, each once, whatever happens to the worker and the workflow's runs. */
import type { ToolCall, TurnOutcome } from '../../src/core/contracts/calls.ts';
import type { ConversationInput } from '../../src/core/contracts/conversation.ts';
import { childEndedSignal, decideUpdate } from '../../src/core/contracts/messages.ts';
import { failure, failureType } from '../../src/core/failures.ts';
import { until } from '../support/until.ts';
import { fakeActivities, skeleton, submitted, task } from './support/fake-activities.ts';
import { gate } from './support/gate.ts';
import { fakeChat, newConversation } from './support/run-conversation.ts';
import { type GoalBench, largestPayload, openBench, saveHistory } from './support/run-goal.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const open: { end(): Promise<unknown> }[] = [];
/** Ended after its test, also one that failed: a conversation goes on by itself, and would with the next test's fakes. */
function startChat(input: Partial<ConversationInput> = {}) {
  const chat = newConversation(bench, input);
  open.push(chat);
  return chat;
}
afterEach(() => Promise.all(open.splice(0).map((chat) => chat.end().catch(() => undefined))));

const numbers = (count: number): number[] => Array.from({ length: count }, (_unused, at) => at + 1);

/** Ids of the runs of a workflow, the latest last. */
async function runsOf(workflowId: string): Promise<string[]> {
  const runs: string[] = [];
  for await (const { runId } of bench.client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) runs.push(runId);
  return runs.reverse();
}

const startCall: ToolCall = {
  index: 0,
  id: 'toolu_1',
  name: 'start_goal',
  argsHash: 'args',
  asks: { kind: 'tool', hash: 'hash', title: 'Start a goal: paint the fence' },
};
const asksToStart: TurnOutcome = { kind: 'tools', calls: [startCall], submitted: false };

describe('conversationWorkflow', () => {
  it('100 messages, 10 at a time, a run of some 60 events each → each answered once, in order, no message lost', async () => {
    const chat = startChat({ continueAfter: 60 });
    const fake = fakeChat({ taskQueue: bench.taskQueue });
    const sent = new Map<string, number>();
    const began = performance.now();
    await bench.withWorker(fake.activities, async () => {
      const waiting = numbers(100).map((at) => `message-${at}`);
      const sender = async () => {
        for (let id = waiting.shift(); id !== undefined; id = waiting.shift())
          sent.set(id, (await chat.say(id)).number);
      };
      await Promise.all(numbers(10).map(sender));
      await until(async () => (fake.replied.length >= 100 ? true : undefined));
      // Sent again long after, and in another run: the same message.
      expect((await chat.say('message-50')).number).toBe(sent.get('message-50'));
      await chat.end();
    });
    const runs = await until(async () => {
      const found = await runsOf(chat.goalId);
      return found.length >= 10 ? found : undefined;
    });
    console.info(
      `conversation: 100 messages answered over ${runs.length} runs in ${Math.round(performance.now() - began)} ms`,
    );
    expect(fake.replied).toEqual(numbers(100));
    expect([...sent.values()].sort((a, b) => a - b)).toEqual(numbers(100));
    expect(fake.taken).toEqual([...sent].sort(([, a], [, b]) => a - b).map(([id]) => id));
    const [, second = ''] = runs;
    const history = await bench.client.workflow.getHandle(chat.goalId, second).fetchHistory();
    expect(largestPayload(history)).toBeLessThan(128 * 1024);
    await saveHistory({ workflowId: chat.goalId, runId: second }, 'conversation-continued');
  });

  it('the worker stops while a call is out → the next one answers that message and the rest, each once', async () => {
    const chat = startChat();
    let calls = 0;
    const { open: called, opened: out } = gate();
    const first = fakeChat({
      taskQueue: bench.taskQueue,
      script: ({ revision }) => {
        if (revision < 2) return { kind: 'replied' };
        calls += 1;
        called();
        throw new Error('the worker is going down');
      },
    });
    await bench.withWorker(first.activities, async () => {
      await Promise.all(['a', 'b', 'c'].map((id) => chat.say(id)));
      await out;
    });
    expect(calls).toBe(1);
    const second = fakeChat({ taskQueue: bench.taskQueue });
    await bench.withWorker(second.activities, async () => {
      await chat.say('d');
      await until(async () => (second.replied.length >= 3 ? true : undefined));
      await saveHistory({ workflowId: chat.goalId, runId: (await chat.handle().describe()).runId }, 'conversation');
      await chat.end();
    });
    expect([first.replied, second.replied]).toEqual([[1], [2, 3, 4]]);
  });

  it('a call that fails for good, one that is refused → each says so, the next message is answered', async () => {
    const chat = startChat();
    const fake = fakeChat({
      taskQueue: bench.taskQueue,
      script: ({ revision }) => {
        if (revision === 1) throw failure('budget.exhausted', 'nothing left');
        return revision === 2 ? { kind: 'refused', reason: 'declined' } : { kind: 'replied' };
      },
    });
    await bench.withWorker(fake.activities, async () => {
      for (const id of ['a', 'b', 'c']) await chat.say(id);
      await until(async () => (fake.replied.length === 1 ? true : undefined));
      await saveHistory(
        { workflowId: chat.goalId, runId: (await chat.handle().describe()).runId },
        'conversation-failed',
      );
      await chat.end();
    });
    expect(fake.events.map(({ type, data }) => [type, data])).toEqual([
      ['chat-failed', { number: 1, reason: 'budget.exhausted: nothing left' }],
      ['chat-failed', { number: 2, reason: 'refused: declined' }],
    ]);
    expect(fake.replied).toEqual([3]);
  });

  it('a message that is no message → refused, nothing is taken', async () => {
    const chat = startChat();
    const fake = fakeChat({ taskQueue: bench.taskQueue });
    await bench.withWorker(fake.activities, async () => {
      const refusal = await chat.say('a', { author: '' }).catch((error: Error) => error.cause);
      expect(failureType(refusal)).toBe('control.invalid');
      expect(await chat.say('b')).toEqual({ number: 1 });
      await chat.end();
    });
  });

  it('a goal starts after a person allowed it, outlives its run, tells of its end → reported once, in its turn', async () => {
    const chat = startChat({ continueAfter: 30 });
    const goalId = `chat-child-${Date.now()}`;
    const { open: finish, opened: finished } = gate();
    const goal = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton([task('a')]),
      script: async () => {
        await finished;
        return submitted();
      },
    });
    const fake = fakeChat({
      taskQueue: bench.taskQueue,
      script: ({ revision, turn }) => (revision === 1 && turn === 1 ? asksToStart : { kind: 'replied' }),
      tool: ({ verdict }) => ({
        isError: verdict !== 'approve',
        ...(verdict === 'approve' ? { start: { goalId, label: 'paint the fence' } } : {}),
      }),
    });
    const callModel = async (input: { purpose: string }) => {
      const of = (input.purpose === 'chat' ? fake.activities : goal.activities) as Record<
        string,
        (given: object) => object
      >;
      return of.callModel?.(input);
    };
    const recordEvents = (fake.activities as { recordEvents: unknown }).recordEvents;
    const activities = { ...goal.activities, ...fake.activities, callModel, recordEvents };
    await bench.withWorker(activities, async () => {
      await chat.say('start-it');
      const asked = await until(async () => fake.events.find(({ type }) => type === 'approval-request'));
      expect(asked.data).toMatchObject({ kind: 'tool', tool: 'start_goal', hash: 'hash' });
      const verdict = { itemId: String(asked.data.itemId), hash: 'hash', verdict: 'approve', author: 'ada' } as const;
      await chat.handle().executeUpdate(decideUpdate, { args: [verdict] });
      await until(async () => (fake.replied.length === 1 ? true : undefined));
      for (const id of ['b', 'c', 'd']) await chat.say(id);
      await until(async () => (fake.replied.length === 4 ? true : undefined));
      expect(fake.ended).toEqual([]);
      finish();
      await until(async () => (fake.ended.length === 1 ? true : undefined));
      await chat.end();
    });
    expect(fake.ended).toEqual([goalId]);
    expect(fake.tools).toHaveLength(1);
    const [first = ''] = await runsOf(chat.goalId);
    await saveHistory({ workflowId: chat.goalId, runId: first }, 'conversation-goal');
  });

  it('goals are not allowed with this message → nobody is asked, the tool is told', async () => {
    const chat = startChat();
    const fake = fakeChat({
      taskQueue: bench.taskQueue,
      script: ({ turn }) => (turn === 1 ? asksToStart : { kind: 'replied' }),
    });
    await bench.withWorker(fake.activities, async () => {
      await chat.say('start-it', { startsGoals: 'deny' });
      await until(async () => (fake.replied.length === 1 ? true : undefined));
      await chat.handle().signal(childEndedSignal, { goalId: 'somebody-elses' });
      await until(async () => (fake.ended.length === 1 ? true : undefined));
      await chat.end();
    });
    expect(fake.tools.map(({ verdict }) => verdict)).toEqual(['deny']);
    expect(fake.events).toEqual([]);
  });
});
