/** Forks on the whole system: what runs again is what was changed and what builds on it, and the original stays as it was. */
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fork } from '../../src/client/fork-goal.ts';
import type { PlanInput } from '../../src/core/plan.ts';
import {
  isSynthesisCall,
  isTaskCall,
  type SimulatedRequest,
  submit,
  text,
  toolUse,
} from '../../src/simulator/index.ts';
import { outputOf } from '../../src/testing/computed-plans.ts';
import { computing, planOf, randomPlan, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { runWorker, type System, startSystem } from './support/system.ts';

const LONG = process.env.LONG === '1';
const TASKS = 20;
/** The nodes that are forked at: all, or some spread over the plan. */
const NODES = Array.from({ length: TASKS }, (_, at) => `t${at}`).filter((_, at) => LONG || at % 5 === 1);

let system: System;
let stop: () => Promise<void>;
beforeAll(async () => {
  system = await startSystem({ worker: false });
  stop = await runWorker(system);
});
afterAll(async () => {
  await stop();
  await system.close();
});

/** Results follow from the instructions and from what was handed over, so that a change shows in all that builds on it. */
const keyOf = (id: string, instructions: string) => `${id}: ${instructions}`;
const follows = ({ prompt }: SimulatedRequest) =>
  submit({
    output: outputOf(
      keyOf(prompt.taskId ?? '', prompt.instructions ?? ''),
      prompt.handover.map(({ output }) => output),
    ),
  });
const brain = computing({ when: isSynthesisCall, reply: text('All of it.') }, { when: isTaskCall(), reply: follows });

function expected({ tasks }: PlanInput, changed: Readonly<Record<string, string>>): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const { id, instructions, dependsOn = [] } of tasks) {
    const inputs = dependsOn.map((dependency) => outputs[dependency] ?? 'missing');
    outputs[id] = outputOf(keyOf(id, changed[id] ?? instructions), inputs);
  }
  return outputs;
}

/** The task and all that builds on it. */
function downstream({ tasks }: PlanInput, ...first: readonly string[]): string[] {
  const found = new Set(first);
  for (const { id, dependsOn = [] } of tasks) if (dependsOn.some((one) => found.has(one))) found.add(id);
  return [...found].sort();
}

const callsOf = async (goalId: string) =>
  (await system.rows<{ task_id: string }>('select task_id from orchestrator.model_calls where goal_id = $1', [goalId]))
    .map((row) => row.task_id)
    .sort();

async function outputsOf(goalId: string): Promise<Record<string, string>> {
  const rows = await system.rows<{ task_id: string; output: string }>(
    `select r.task_id, convert_from(b.bytes, 'UTF8') as output from orchestrator.task_results r
     join orchestrator.blobs b on b.tenant = r.tenant and b.hash = r.output_hash where r.goal_id = $1`,
    [goalId],
  );
  return Object.fromEntries(rows.map(({ task_id, output }) => [task_id, output]));
}

/** Every row of a goal in every table, as one text. */
async function everything(goalId: string): Promise<string> {
  const tables = await system.rows<{ name: string }>(
    `select table_name as name from information_schema.columns
     where table_schema = 'orchestrator' and column_name = 'goal_id' order by 1`,
  );
  const texts = tables.map(async ({ name }) => {
    const rows = await system.rows<{ row: string }>(
      `select to_jsonb(t)::text as row from orchestrator.${name} t where goal_id = $1 order by 1`,
      [goalId],
    );
    return [name, ...rows.map(({ row }) => row)].join('\n');
  });
  return (await Promise.all(texts)).join('\n');
}

async function forked(goalId: string, fork: Fork) {
  const { goalId: forkId } = await system.client.fork(goalId, fork);
  const result = await system.result(forkId);
  return { forkId, result, calls: await callsOf(forkId) };
}

const change = (taskId: string, instructions: string): Fork => ({ edits: [{ op: 'change', taskId, instructions }] });

describe('a fork', () => {
  it(`at ${NODES.length} nodes of a recorded ${TASKS}-task goal → calls are the downstream set, results as computed, the original untouched`, async () => {
    const plan = randomPlan(17, TASKS);
    const goalId = await system.start(brain, { plan });
    expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    const before = await everything(goalId);
    let reused = 0;
    const wrong: unknown[] = [];
    for (const node of NODES) {
      const runs = downstream(plan, node);
      const { forkId, result, calls } = await forked(goalId, change(node, `Do ${node} better.`));
      const taken = TASKS - runs.length;
      reused += taken;
      const outputs = expected(plan, { [node]: `Do ${node} better.` });
      if (result.status !== 'completed' || (result.census.tasks.reused ?? 0) !== taken) wrong.push([node, result]);
      if (calls.join() !== runs.join()) wrong.push([node, calls, runs]);
      const found = await outputsOf(forkId);
      for (const id of Object.keys(outputs)) if (found[id] !== outputs[id]) wrong.push([node, id]);
    }
    expect(wrong).toEqual([]);
    expect(await everything(goalId)).toBe(before);
    process.stdout.write(`${NODES.length} forks: ${reused} of ${NODES.length * TASKS} tasks taken over\n`);
  });

  it('preview → the same tasks as then run, what was paid for them, and nothing is started', async () => {
    const plan = randomPlan(18, 8);
    const goalId = await system.start(brain, { plan });
    const { census } = await system.result(goalId);
    const goals = await system.client.list();
    const edit = change('t2', 'Do it another way.');
    const preview = await system.client.previewFork(goalId, edit);
    expect(await system.client.list()).toEqual(goals);
    const runs = preview.tasks.filter(({ why }) => why !== null).map(({ taskId }) => taskId);
    expect(runs.sort()).toEqual(downstream(plan, 't2'));
    expect(preview.tasks.find(({ taskId }) => taskId === 't2')?.why).toBe('changed');
    expect(preview.savedMicroUsd + preview.paidMicroUsd).toBe(census.costMicroUsd);
    expect(preview.forecast.costMicroUsd.low).toBeGreaterThan(0);
    const { forkId, calls } = await forked(goalId, { ...edit, author: 'ada' });
    expect(calls).toEqual(runs.sort());
    const detail = await system.client.show(forkId);
    expect(detail.forkOf).toEqual({ goalId, author: 'ada' });
    const origins = detail.tasks.filter(({ reusedFrom }) => reusedFrom === goalId).map(({ taskId }) => taskId);
    expect([...origins, ...runs].sort()).toEqual(plan.tasks.map(({ id }) => id).sort());
    expect(detail.tasks.every(({ status, startedAt, endedAt }) => status === 'done' && startedAt && endedAt)).toBe(
      true,
    );
  });

  it('of a fork, tasks rerun, added, removed and rewired, with synthesis → only what is new and what builds on it', async () => {
    const plan = planOf([task('a'), task('b', ['a']), task('c', ['a']), task('d', ['b', 'c'])]);
    const goalId = await system.start(brain, { plan, synthesis: true });
    await system.result(goalId);
    const first = await forked(goalId, { rerun: ['c'] });
    expect(first.calls).toEqual(['_synthesis', 'c', 'd']);
    const second = await forked(first.forkId, {
      edits: [
        { op: 'add', task: { ...task('e', ['a']), dependsOn: ['a'] } as never },
        { op: 'remove', taskId: 'c' },
        { op: 'change', taskId: 'd', dependsOn: ['b', 'e'] },
      ],
    });
    expect(second.calls).toEqual(['_synthesis', 'd', 'e']);
    const { tasks } = await system.client.show(second.forkId);
    expect(Object.fromEntries(tasks.map(({ taskId, reusedFrom }) => [taskId, reusedFrom]))).toEqual({
      ...{ a: goalId, b: goalId },
      ...{ d: null, e: null },
    });
  });

  it('with nothing changed → no call, the same deliverable; failed tasks of the original run', async () => {
    const plan = planOf([task('a'), task('b', ['a'], { onFailure: 'skip-dependents' }), task('c', ['b'])]);
    let ill = true;
    const failing = computing({
      when: isTaskCall('b'),
      reply: (request) => submit(ill ? { status: 'blocked', output: '' } : { output: request.prompt.title ?? '' }),
    });
    const goalId = await system.start(failing, { plan });
    expect(await system.result(goalId)).toMatchObject({ status: 'partial' });
    ill = false;
    const { forkId, result, calls } = await forked(goalId, {});
    expect(result).toMatchObject({ status: 'completed', census: { tasks: { done: 3, reused: 1 } } });
    expect(calls).toEqual(['b', 'c']);
    const again = await forked(forkId, {});
    expect(again).toMatchObject({ calls: [], result: { status: 'completed', census: { costMicroUsd: 0 } } });
    expect(again.result.deliverable).toBe(result.deliverable);
  });

  it('files of the original → there for the tasks that run, links left out; the original keeps its own', async () => {
    const plan = planOf([task('a', [], { agent: 'engineer' }), task('b', ['a'], { agent: 'engineer' })]);
    const files = computing(
      {
        when: isTaskCall('a'),
        reply: ({ prompt }) =>
          prompt.turnsSoFar === 0
            ? toolUse('write_file', { path: 'out/a.txt', content: 'of a' })
            : submit({ output: 'written' }),
      },
      {
        when: isTaskCall('b'),
        reply: ({ prompt }) =>
          prompt.turnsSoFar === 0
            ? toolUse('write_file', { path: 'out/b.txt', content: prompt.instructions ?? '' })
            : submit({ output: 'written' }),
      },
    );
    const goalId = await system.start(files, { plan });
    await system.result(goalId);
    const folder = (id: string) => join(system.dataDir, 'workspaces', 'default', id);
    await mkdir(folder(goalId), { recursive: true });
    await writeFile(join(folder(goalId), 'notes.txt'), 'by hand');
    await symlink('/etc/hostname', join(folder(goalId), 'link'));
    const { forkId, calls } = await forked(goalId, change('b', 'Anew.'));
    expect(calls).toEqual(['b', 'b']);
    expect((await readdir(folder(forkId))).sort()).toEqual(['notes.txt', 'out']);
    expect(await readFile(join(folder(forkId), 'out', 'a.txt'), 'utf8')).toBe('of a');
    expect(await readFile(join(folder(forkId), 'out', 'b.txt'), 'utf8')).toBe('Anew.');
    expect(await readFile(join(folder(goalId), 'out', 'b.txt'), 'utf8')).toBe('Do b.');
  });

  it('what cannot be forked → refused with the reason, before anything is stored', async () => {
    const plan = planOf([task('a'), task('b', ['a'])]);
    const goalId = await system.start(brain, { plan });
    await system.result(goalId);
    const goals = await system.client.list();
    const refused = (fork: unknown, id = goalId) => expect(system.client.fork(id, fork as Fork)).rejects;
    await refused({}, '0'.repeat(20)).toMatchObject({ code: 'goal.not-found' });
    await refused({ rerun: ['z'] }).toMatchObject({ code: 'fork.invalid' });
    await refused(change('z', 'x')).toMatchObject({
      code: 'plan.invalid',
      message: expect.stringContaining('edits[0].taskId'),
    });
    await refused({ edits: [{ op: 'remove', taskId: 'a' }] }).toMatchObject({
      code: 'plan.invalid',
      message: expect.stringContaining('dependsOn'),
    });
    await refused({ edits: [{ op: 'change', taskId: 'a', agent: 'nobody' }] }).toMatchObject({ code: 'plan.invalid' });
    await refused({ edits: [{ op: 'change', taskId: 'a', colour: 'red' }] }).toMatchObject({ code: 'goal.invalid' });
    await refused({ rerun: 'a' }).toMatchObject({ code: 'goal.invalid' });
    const alone = system.client.start({ text: 'x', forkOf: { goalId } });
    await expect(alone).rejects.toMatchObject({ code: 'goal.invalid' });
    expect(await system.client.list()).toEqual(goals);
  });
});

describe('a fork under other settings', () => {
  it('another model for one tier → its tasks and what builds on them run, the rest is taken over', async () => {
    const plan = randomPlan(19, 12);
    const goalId = await system.start(brain, { plan });
    await system.result(goalId);
    await stop();
    const { claude } = system.config;
    const tiers = { ...claude.tiers, deep: { ...claude.tiers.deep, model: 'claude-opus-5' } };
    stop = await runWorker({ ...system, config: { ...system.config, claude: { ...claude, tiers } } });
    const { result, calls } = await forked(goalId, {});
    const deep = plan.tasks.filter(({ tier }) => tier === 'deep').map(({ id }) => id);
    expect(deep.length).toBeGreaterThan(0);
    expect(calls).toEqual(downstream(plan, ...deep));
    expect(result).toMatchObject({ status: 'completed', census: { tasks: { reused: 12 - calls.length } } });
  });

  leavesSoundHistories(() => system);
});
