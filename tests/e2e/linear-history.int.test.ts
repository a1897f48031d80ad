/** One task of 100 model calls and a conversation of 200,000 tokens: what its history costs, and its prompt cache (G11). */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isTaskCall, message, type SimulatedRequest, submit, toolUses } from '../../src/simulator/index.ts';
import { computing, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

const CALLS = 100;
const FILE = 'note.txt';
/** 5 KB a tool result. */
const RESULT = 'A line of the note that the task reads. '.repeat(128);
/** What the model says beside each tool call; with the results it makes 200,000 tokens. */
const SAID = 'What I make of the note so far, in words of mine. '.repeat(44);

const SUBMITTED = submit({ output: 'Said.' }).content;

/** The history when a call reached the model, as the server reports it. */
interface Point {
  readonly call: number;
  readonly events: number;
  readonly bytes: number;
}

let system: System;
beforeAll(async () => {
  system = await startSystem({ goals: { maxTurns: CALLS + 5 }, simulator: { latencyMs: 0 } });
});
afterAll(() => system.close());

const goalOf = ({ key }: SimulatedRequest): string => key.split('/', 1)[0] ?? '';

async function measure(goalId: string, call: number): Promise<Point> {
  const { historyLength, historySize } = await system.temporal.workflow.getHandle(`goal-${goalId}`).describe();
  return { call, events: historyLength, bytes: historySize ?? 0 };
}

/** Share of the variance of bytes that a line over calls explains, and its slope. */
function line(points: readonly Point[]): { slope: number; r2: number } {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(({ call }) => call)), mean(points.map(({ bytes }) => bytes))];
  const xy = points.reduce((sum, { call, bytes }) => sum + (call - x) * (bytes - y), 0);
  const xx = points.reduce((sum, { call }) => sum + (call - x) ** 2, 0);
  const yy = points.reduce((sum, { bytes }) => sum + (bytes - y) ** 2, 0);
  return { slope: xy / xx, r2: xy ** 2 / (xx * yy) };
}

/** What a call wrote into the prompt cache, the next one reads, and nothing is sent beside the cache. */
function expectCached(goalId: string): void {
  const usages = system.simulator.requests.bill().flatMap(({ key, usage }) => (key.startsWith(goalId) ? [usage] : []));
  let cached = 0;
  for (const { inputTokens, cacheReadTokens, cacheWrite5mTokens } of usages) {
    expect({ inputTokens, cacheReadTokens }).toEqual({ inputTokens: 0, cacheReadTokens: cached });
    cached = cacheReadTokens + cacheWrite5mTokens;
  }
  expect(usages.length).toBeGreaterThan(3);
}

describe('a long conversation', () => {
  it('100 calls, 5 KB tool results, 200,000 tokens → history linear and small, conversation read from cache (G11)', async () => {
    const points: Point[] = [];
    let tokens = 0;
    const goalId = await system.start(
      computing({
        when: isTaskCall('long'),
        reply: async (request) => {
          const call = points.length + 1;
          if (call === 1) {
            const folder = join(system.dataDir, 'workspaces', 'default', goalOf(request));
            await mkdir(folder, { recursive: true });
            await writeFile(join(folder, FILE), RESULT);
          }
          points.push(await measure(goalOf(request), call));
          tokens = request.inputTokens;
          if (call === CALLS) return submit({ output: 'The note was read.' });
          return message(
            { type: 'text', text: `${call}: ${SAID}` },
            { type: 'tool_use', name: 'read_file', input: { path: FILE } },
          );
        },
      }),
      { plan: planOf([task('long', [], { tier: 'balanced' })]) },
    );
    expect(await system.result(goalId)).toMatchObject({
      status: 'completed',
      census: { modelCalls: CALLS, toolCalls: CALLS - 1 },
    });
    const { slope, r2 } = line(points);
    const end = await measure(goalId, CALLS + 1);
    const steps = points.slice(10).map(({ bytes }, at) => bytes - (points[at + 9]?.bytes ?? 0));
    console.info(
      `${CALLS} calls, ${tokens} tokens at the end: ${end.events} events, ${end.bytes} bytes, ${slope.toFixed(0)} a call ` +
        `(${Math.min(...steps)}–${Math.max(...steps)} from call 10 on), R² ${r2.toFixed(6)}`,
    );
    expect(tokens).toBeGreaterThan(200_000);
    expect(end.events).toBeLessThan(6_000);
    expect(end.bytes).toBeLessThan(3 * 1024 * 1024);
    for (const step of steps) expect(Math.abs(step / slope - 1)).toBeLessThan(0.1);
    expect(r2).toBeGreaterThan(0.99);
    expectCached(goalId);
  });

  it('many tool calls in one turn → the conversation before them is still read from cache', async () => {
    const list = Array.from({ length: 20 }, () => ({ name: 'list_files', input: {} }));
    const goalId = await system.start(computing({ when: isTaskCall('wide'), times: 3, reply: toolUses(list) }), {
      plan: planOf([task('wide', [], { tier: 'balanced' })]),
    });
    expect(await system.result(goalId)).toMatchObject({
      status: 'completed',
      census: { modelCalls: 4, toolCalls: 60 },
    });
    expectCached(goalId);
  });

  it('a stream of 1,250 deltas that somebody watches → no more history than a short answer (G11)', async () => {
    const events: number[] = [];
    let deltas = 0;
    // Both take as long, as other parts of a history depend on what falls together in time.
    const short = { streamed: 'short', latencyMs: 2_000 };
    for (const { streamed, latencyMs } of [
      short,
      { streamed: 'A word in a long stream. '.repeat(2_000), latencyMs: 0 },
    ]) {
      const text = { type: 'text', text: streamed } as const;
      const goalId = await system.start(
        computing({
          when: isTaskCall('talk'),
          reply: { ...message(text, ...SUBMITTED), chunkChars: 40, chunkDelayMs: 1, latencyMs },
        }),
        { plan: planOf([task('talk', [], { tier: 'balanced' })]) },
      );
      for await (const { type } of system.client.watch(goalId)) deltas += type === 'text-delta' ? 1 : 0;
      expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
      events.push((await measure(goalId, 1)).events);
    }
    console.info(`${deltas} deltas seen; events without and with them: ${events.join(', ')}`);
    expect(deltas).toBeGreaterThan(5);
    // One workflow task more or less, as things happen to fall together.
    expect(Math.abs((events[1] ?? 0) - (events[0] ?? 0))).toBeLessThanOrEqual(3);
  });

  leavesSoundHistories(() => system);
});
