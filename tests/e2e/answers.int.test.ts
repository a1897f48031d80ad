/** Claude answering oddly: what becomes of each answer, and how many requests it takes (bad inputs §3.3, 47–68). */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  apiError,
  contextExceeded,
  duplicateToolIds,
  errorMidStream,
  isTaskCall,
  isTurn,
  type MessageReply,
  manyToolUses,
  message,
  pauseTurn,
  type Rule,
  type SimulatedReply,
  type SimulatedRequest,
  stallMidStream,
  submit,
  toolUse,
  truncatedText,
  truncatedToolUse,
  withDistortion,
  withFault,
  withoutUsage,
  withWrongUsage,
} from '../../src/simulator/index.ts';
import { computed, computing, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

const WINDOW = 50_000;
const models = {
  'claude-haiku-5-5': { maxInputTokens: WINDOW, maxTokens: 64_000 },
  'claude-sonnet-5-5': { maxInputTokens: WINDOW, maxTokens: 64_000 },
  'claude-opus-5-5': { maxInputTokens: 5_000, maxTokens: 64_000 },
};
let system: System;
/** Retries take their time, so this one runs beside the other tests. */
let onTheWire: ReturnType<typeof runAnswers>;
beforeAll(async () => {
  system = await startSystem({
    claude: { probeIntervalMs: 400, idleTimeoutMs: 1_000 },
    simulator: { models },
  });
  onTheWire = runAnswers({
    malformed: withFault({ kind: 'malformed-event' }, answer),
    'pings-only': stallMidStream(answer, 50),
    'byte-a-second': withFault({ kind: 'slow', bytesPerSecond: 1 }, answer),
    gigabyte: withFault({ kind: 'flood', bytes: 1_000_000_000 }, answer),
    'second-start': withFault({ kind: 'second-start' }, answer),
  });
});
afterAll(() => system.close());

/** Requests of a goal's tasks: by task, of each turn. */
function requestsOf(goalId: string): Record<string, number[]> {
  const counts: Record<string, number[]> = {};
  for (const [key, count] of system.simulator.requests.countByKey()) {
    const [goal, taskId = '', , turn] = key.split('/');
    if (goal !== goalId) continue;
    counts[taskId] ??= [];
    counts[taskId][Number(turn) - 1] = count;
  }
  return counts;
}

/** One task for each answer, none tried afresh. A function answers every turn, a reply the first one only. */
async function runAnswers(answers: Readonly<Record<string, SimulatedReply | Rule['reply']>>) {
  const first =
    (id: string): Rule['when'] =>
    (request) =>
      isTaskCall(id)(request) && isTurn(1)(request);
  const given = Object.entries(answers).map(([id, reply]): Rule => {
    const always = typeof reply === 'function';
    return { when: always ? isTaskCall(id) : first(id), reply };
  });
  const tasks = Object.keys(answers).map((id) =>
    // An overloaded model holds up all who ask it.
    task(id, [], { onFailure: 'skip-dependents', tier: id === '60-overload' ? 'balanced' : 'fast' }),
  );
  const goalId = await system.start(computing(...given), { plan: planOf(tasks) });
  const result = await system.result(goalId);
  const shown = await system.client.show(goalId);
  const reasons = Object.fromEntries(shown.tasks.map(({ taskId, reason }) => [taskId, reason]));
  return { goalId, result, reasons, requests: requestsOf(goalId) };
}

const files = (goalId: string) =>
  readdir(join(system.dataDir, 'workspaces', 'default', goalId)).catch(() => [] as string[]);

/** Tool calls that ran, by task. */
async function toolRuns(goalId: string): Promise<Record<string, number>> {
  const rows = await system.rows<{ task_id: string; count: string }>(
    'select task_id, count(*) as count from orchestrator.tool_calls where goal_id = $1 group by task_id',
    [goalId],
  );
  return Object.fromEntries(rows.map(({ task_id, count }) => [task_id, Number(count)]));
}

const file = { path: 'half.txt', content: 'x'.repeat(500) };
const answer = submit({ output: 'A whole answer – grün 🌱.' });

describe('answers that are not the end', () => {
  it('§3.3-49 -50 -51 -53 cut, paused, odd tool calls → one request a turn, the task goes on, cut calls never run', async () => {
    const { goalId, result, requests } = await runAnswers({
      '49-text': truncatedText('half a sen'),
      '50-call': truncatedToolUse('write_file', file),
      '51-pause': pauseTurn('I am still at it.'),
      '53-unknown': toolUse('format_disk', { all: true }),
      '53-twice': duplicateToolIds('list_files', {}),
      '53-schema': toolUse('write_file', { pfad: 1 }),
      '53-many': manyToolUses(50, 'write_file', (at) => ({ path: `many/${at}.txt`, content: 'x' })),
      '47-window': contextExceeded('half a sen'),
    });
    expect({ requests, status: result.status }).toEqual({
      status: 'completed',
      requests: Object.fromEntries(Object.keys(requests).map((id) => [id, [1, 1]])),
    });
    expect(await files(goalId)).toEqual(['many']);
    expect(await toolRuns(goalId)).toEqual({ '53-twice': 1, '53-schema': 1, '53-many': 50 });
  });

  it('§3.3-47 -49 -50 -51 -53 the same for ever → bounded: three turns without progress, one request each, a typed reason', async () => {
    const { result, requests, reasons } = await runAnswers({
      '49-text': () => truncatedText('and on'),
      '50-call': () => truncatedToolUse('write_file', file),
      '51-pause': () => pauseTurn('wait'),
      '53-unknown': () => toolUse('format_disk', {}),
      '53-input': () => submit({ status: 'great' } as never),
      '47-window': () => contextExceeded(),
    });
    expect(result.status).toBe('failed');
    expect(requests).toEqual({
      ...{ '49-text': [1, 1, 1], '50-call': [1, 1, 1], '51-pause': [1, 1, 1], '53-unknown': [1, 1, 1] },
      ...{ '53-input': [1, 1, 1], '47-window': [1, 1] },
    });
    const { '47-window': overflow, ...idle } = reasons;
    expect(overflow).toMatch(/^model\.context-overflow: /);
    expect(new Set(Object.values(idle))).toEqual(new Set(['no submission after 3 idle turns']));
  });

  it('§3.3-51 a paused turn → sent back as it was, with nothing after it', async () => {
    const seen: SimulatedRequest[] = [];
    const paused: Rule['reply'] = (request) => {
      seen.push(request);
      return request.prompt.turnsSoFar === 0 ? pauseTurn('I am still at it.') : computed(request);
    };
    await runAnswers({ a: paused });
    expect(seen[1]?.params.messages.at(-1)).toEqual({
      role: 'assistant',
      content: [expect.objectContaining({ type: 'text', text: 'I am still at it.' })],
    });
  });
});

describe('answers that are wrong on the wire', () => {
  it('§3.3-52 -56 -57 -60 -65 unknown, unpriced, overloaded, split → as few requests as can be', async () => {
    const odd = message({ type: 'raw', block: { type: 'hologram', data: 'x' } });
    const once = (fault: (reply: MessageReply) => MessageReply): Rule['reply'] => {
      let asked = 0;
      return (request) => (asked++ === 0 ? fault(computed(request)) : computed(request));
    };
    const { goalId, requests, reasons } = await runAnswers({
      '52-content': odd,
      '52-stop': withDistortion({ stopReason: 'tired' }, answer),
      '56-missing': withoutUsage(answer),
      '57-negative': withWrongUsage({ output_tokens: -5 }, answer),
      '57-nan': withWrongUsage({ input_tokens: Number.NaN }, answer),
      '60-overload': once(errorMidStream),
      '65-split': withFault({ kind: 'split-utf8' }, answer),
    });
    expect(requests).toEqual({
      ...{ '52-content': [1], '52-stop': [1], '56-missing': [1], '57-negative': [1], '57-nan': [1] },
      ...{ '60-overload': [2], '65-split': [1] },
    });
    expect(reasons).toMatchObject({
      '52-content': expect.stringMatching(/^model\.unexpected-response/),
      '52-stop': expect.stringMatching(/^model\.unexpected-response/),
    });
    const [split] = await system.store.results.latest('default', goalId, ['65-split']);
    expect(await system.store.blobs.getText('default', split?.output.hash ?? '')).toBe('A whole answer – grün 🌱.');
    const bound = await system.rows<{ task_id: string; output_tokens: string }>(
      `select task_id, output_tokens from orchestrator.usage_ledger where goal_id = $1 and task_id ~ '^5[67]'`,
      [goalId],
    );
    expect(bound.map(({ output_tokens }) => Number(output_tokens))).toEqual([8_000, 8_000, 8_000]);
  });
});

/** Ten reads of a big file are more than the window. */
const readsTooMuch =
  (sizes: number[]): Rule['reply'] =>
  ({ prompt, inputTokens }) => {
    sizes.push(inputTokens);
    if (prompt.turnsSoFar === 0) return toolUse('write_file', { path: 'big.txt', content: 'word '.repeat(5_000) });
    if (prompt.turnsSoFar <= 10) return toolUse('read_file', { path: 'big.txt' });
    return answer;
  };

describe('what is over a limit', () => {
  it('§3.3-47 a prompt over the window in the middle of a task → refused once, old turns shortened, the task goes on and stays small', async () => {
    const sizes: number[] = [];
    const { goalId, requests, result } = await runAnswers({ reader: readsTooMuch(sizes) });
    expect(result.status).toBe('completed');
    expect(new Set(requests.reader)).toEqual(new Set([1]));
    const refused = system.simulator.requests
      .list()
      .filter(({ key, status }) => key.startsWith(goalId) && status === 400);
    expect(refused).toHaveLength(1);
    const shrunk = sizes.findIndex((size, at) => size < (sizes[at - 1] ?? 0));
    process.stdout.write(`tokens of each turn's prompt: ${sizes.join(', ')}\n`);
    expect(sizes[shrunk]).toBeLessThan(WINDOW / 2);
    expect(Math.max(...sizes)).toBeLessThan(WINDOW);
    const calls = await system.rows<{ stop_reason: string; cost: string }>(
      `select m.stop_reason, l.cost_micro_usd as cost from orchestrator.model_calls m
       join orchestrator.usage_ledger l using (tenant, goal_id, task_id, revision, turn)
       where goal_id = $1 and stop_reason = 'model_context_window_exceeded'`,
      [goalId],
    );
    expect(calls.map(({ cost }) => Number(cost))).toEqual([0]);
  });

  it('§3.3-47 one that cannot be shortened → asked twice, model.context-overflow; a malformed one of that size → bad request', async () => {
    const tasks = [task('long', [], { instructions: '€'.repeat(20_000), tier: 'deep', onFailure: 'skip-dependents' })];
    const goalId = await system.start(computing(), { plan: planOf(tasks), text: '€'.repeat(20_000) });
    expect(await system.result(goalId)).toMatchObject({ status: 'failed' });
    expect(requestsOf(goalId)).toEqual({ long: [1, 1] });
    expect((await system.client.show(goalId)).tasks[0]?.reason).toMatch(/^model\.context-overflow/);
    const malformed = await runAnswers({ odd: apiError(400) });
    expect(malformed).toMatchObject({
      requests: { odd: [1] },
      reasons: { odd: expect.stringMatching(/^model\.bad-request/) },
    });
  });

  it('§3.3-61 -62 -63 -64 -68 malformed, pings only, a byte a second, a gigabyte, of another request → 5 requests each', async () => {
    const { requests, reasons } = await onTheWire;
    for (const counts of Object.values(requests)) expect(counts).toEqual([5]);
    for (const reason of Object.values(reasons)) expect(reason).toMatch(/^model\.attempts-exhausted/);
    expect(Object.keys(requests)).toHaveLength(5);
    expect(reasons.gigabyte).toContain('model.bad-response');
  });

  leavesSoundHistories(() => system);
});
