/** Big texts in every place where a goal has texts: they go by reference, and come back bit for bit (G12). */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configSchema } from '../../src/core/config.ts';
import { MAX_GOAL_BYTES } from '../../src/core/contracts/limits.ts';
import { isSynthesisCall, isTaskCall, submit, text, toolUse, toolUses } from '../../src/simulator/index.ts';
import { computing, expectedOutputs, planOf, task } from './support/plans.ts';
import { leavesSoundHistories, readRuns } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

let system: System;
beforeAll(async () => {
  const { tiers } = configSchema.parse({}).claude;
  const balanced = { ...tiers.balanced, maxOutputTokens: 128_000 };
  system = await startSystem({ claude: { tiers: { ...tiers, balanced } }, goals: { maxTasks: 1_000 } });
});
afterAll(() => system.close());

const sha256 = (value: string): string => createHash('sha256').update(value, 'utf8').digest('hex');
/** About `bytes` of UTF-8 in characters of one to four bytes. */
const mixed = (bytes: number, mark: string): string => `${mark}:${'aé漢🙂'.repeat(Math.ceil(bytes / 10))}`;

async function blob(hash: string): Promise<string> {
  return Buffer.from(await system.store.blobs.get('default', hash)).toString('utf8');
}

/** The tool output that was too long for the model, whole, as the note in the transcript names it. */
async function keptOutput(goalId: string): Promise<string> {
  const [note] = await system.rows<{ hash: string }>(
    `select substring(content::text from 'the whole is kept as ([0-9a-f]{12})') as hash from orchestrator.transcripts
     where goal_id = $1 and role = 'tool' and content::text like '%the whole is kept as%'`,
    [goalId],
  );
  const [found] = await system.rows<{ hash: string; bytes: Buffer }>(
    'select hash, bytes from orchestrator.blobs where left(hash, 12) = $1',
    [note?.hash],
  );
  const kept = found?.bytes.toString('utf8') ?? '';
  expect(found?.hash).toBe(sha256(kept));
  return kept;
}

describe('big texts', () => {
  it('files of 6 MB and results of 12 × 200 KB read by a tool → by reference, bit-equal (G12)', async () => {
    const sources = Array.from({ length: 12 }, (_, at) => task(`t${at}`, [], { tier: 'balanced' }));
    const ids = sources.map(({ id }) => id);
    const outputs = new Map(ids.map((id) => [id, mixed(200_000, id)]));
    const file = mixed(6_000_000, 'file');
    const goalId = await system.start(
      computing(
        {
          when: isTaskCall('join'),
          times: 1,
          reply: async ({ key }) => {
            const folder = join(system.dataDir, 'workspaces', 'default', key.split('/', 1)[0] ?? '');
            await mkdir(folder, { recursive: true });
            await writeFile(join(folder, 'big.txt'), file);
            return toolUses([
              { name: 'read_results', input: { tasks: ids } },
              { name: 'read_file', input: { path: 'big.txt' } },
              { name: 'read_file', input: { path: 'big.txt', offset: file.length - 30_000 } },
              { name: 'write_file', input: { path: 'copy.txt', content: mixed(300_000, 'copy') } },
            ]);
          },
        },
        { when: isTaskCall('join'), reply: submit({ output: mixed(400_000, 'join') }) },
        { when: isTaskCall(), reply: ({ prompt }) => submit({ output: outputs.get(prompt.taskId ?? '') ?? '' }) },
      ),
      { plan: planOf([...sources, task('join', ids, { tier: 'balanced' })]) },
    );
    expect(await system.result(goalId)).toMatchObject({ status: 'completed', census: { toolCalls: 4 } });
    const results = await system.store.results.latest('default', goalId, [...ids, 'join']);
    expect(results).toHaveLength(13);
    for (const { taskId, output } of results) {
      const expected = outputs.get(taskId) ?? mixed(400_000, 'join');
      expect(output).toEqual({ hash: sha256(expected), bytes: Buffer.byteLength(expected) });
      expect(await blob(output.hash)).toBe(expected);
    }
    const kept = await keptOutput(goalId);
    const { tool, output } = JSON.parse(kept) as { tool: string; output: string };
    expect(tool).toBe('read_results');
    const read = JSON.parse(output) as { task: string; output: string; characters: number }[];
    expect(new Map(read.map((part) => [part.task, part.output]))).toEqual(
      new Map([...outputs].map(([id, whole]) => [id, whole.slice(0, 40_000)])),
    );
  });

  it('a goal at the limit in characters of several bytes → runs; one byte more → refused at the door', async () => {
    const room = MAX_GOAL_BYTES - Buffer.byteLength('Goal 99\n');
    const longest = '漢'.repeat(Math.floor(room / 3));
    const goalId = await system.start(computing(), { text: longest, plan: planOf([task('a')]) });
    expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    expect((await system.client.show(goalId)).text).toContain(longest);
    await expect(system.start(computing(), { text: `${longest}${'x'.repeat(20)}` })).rejects.toMatchObject({
      code: 'goal.too-large',
    });
  });

  it('300 results joined into one synthesis → all named in one bounded request, completed', async () => {
    const plan = planOf(Array.from({ length: 300 }, (_, at) => task(`t${at}`)));
    let handed: readonly { task: string; output: string }[] = [];
    let tokens = 0;
    const goalId = await system.start(
      computing({
        when: isSynthesisCall,
        reply: ({ prompt, inputTokens }) => {
          handed = prompt.handover;
          tokens = inputTokens;
          return text('All of it, in one text.');
        },
      }),
      { plan, synthesis: true, maxParallelTasks: 20 },
    );
    expect(await system.result(goalId)).toMatchObject({
      status: 'completed',
      deliverable: 'All of it, in one text.',
      census: { modelCalls: 301, tasks: { done: 300 } },
    });
    expect(new Map(handed.map(({ task: id, output }) => [id, output]))).toEqual(expectedOutputs(plan));
    expect(tokens).toBeLessThan(200_000);
  });

  it('1,000 tasks with the longest ids, 5,000 edges, each failing in words → no payload over 128 KiB', async () => {
    const id = (at: number): string => `${at}-`.padEnd(64, 'x');
    const tasks = Array.from({ length: 1_000 }, (_, at) =>
      task(
        id(at),
        Array.from({ length: Math.min(at, at < 1_000 ? 5 : 6) }, (_unused, back) => id(at - 1 - back)).concat(
          at >= 985 ? [id(0)] : [],
        ),
        { onFailure: 'skip-dependents', timeoutMs: 86_400_000, acceptanceCriteria: Array(20).fill('x'.repeat(100)) },
      ),
    );
    expect(tasks.flatMap(({ dependsOn }) => dependsOn)).toHaveLength(5_000);
    const goalId = await system.start(
      computing({ when: isTaskCall(), reply: submit({ status: 'blocked', summary: '漢'.repeat(1_300), output: '' }) }),
      { plan: planOf(tasks), maxTasks: 1_000 },
    );
    expect(await system.result(goalId)).toMatchObject({
      status: 'failed',
      census: { tasks: { total: 1_000, failed: 1, skipped: 999 } },
    });
    const run = (await readRuns(system)).find(({ workflowId }) => workflowId === `goal-${goalId}`);
    process.stdout.write(
      `1,000 tasks, 5,000 edges: largest payload ${run?.largestPayload} bytes, ${run?.events} events\n`,
    );
    expect(run?.largestPayload).toBeGreaterThan(50_000);
    expect(run?.largestPayload).toBeLessThanOrEqual(128 * 1024);
  });

  it('a tool call whose arguments are a megabyte → written, not in any payload', async () => {
    const content = mixed(400_000, 'write');
    const goalId = await system.start(
      computing({ when: isTaskCall('a'), times: 1, reply: toolUse('write_file', { path: 'a.txt', content }) }),
      { plan: planOf([task('a', [], { tier: 'balanced' })]) },
    );
    expect(await system.result(goalId)).toMatchObject({ status: 'completed', census: { toolCalls: 1 } });
  });

  leavesSoundHistories(() => system);
});
