/** Forking from the command line: flags to a fork, and what is shown before anything is paid. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFork } from '../../src/cli/run/read-edits.ts';
import { forkLines } from '../../src/cli/view/fork-preview.ts';
import type { ForkPreview } from '../../src/core/fork.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fork-test-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('flags of goals fork', () => {
  it('a file of edits and one task by flags → the edits in that order, settings over the original', async () => {
    const file = join(dir, 'edits.yaml');
    await writeFile(file, '- {op: remove, taskId: a}\n- op: change\n  taskId: b\n  dependsOn: []\n');
    const flags = {
      file,
      task: 'c',
      tier: 'deep',
      instructions: 'Anew.',
      rerun: ['d'],
      budget: 2,
      synthesis: 'off',
    } as const;
    expect(await readFork(flags)).toEqual({
      edits: [
        { op: 'remove', taskId: 'a' },
        { op: 'change', taskId: 'b', dependsOn: [] },
        { op: 'change', taskId: 'c', instructions: 'Anew.', tier: 'deep' },
      ],
      rerun: ['d'],
      budgetUsd: 2,
      synthesis: false,
    });
    expect(await readFork({})).toEqual({ edits: [], rerun: [] });
  });

  it('half a change, a file without a list, one that is not there → refused with what is missing', async () => {
    const file = join(dir, 'edits.json');
    await writeFile(file, '{"op":"remove"}');
    await expect(readFork({ task: 'a' })).rejects.toMatchObject({ code: 'usage.no-edit' });
    await expect(readFork({ title: 'x' })).rejects.toMatchObject({ code: 'usage.no-edit' });
    await expect(readFork({ file })).rejects.toMatchObject({ code: 'usage.no-edit' });
    await expect(readFork({ file: join(dir, 'none.yaml') })).rejects.toMatchObject({ code: 'plan.invalid' });
  });
});

describe('preview of a fork', () => {
  const preview: ForkPreview = {
    goalId: 'g',
    tasks: [
      { taskId: 'a', title: 'A', why: null, paidMicroUsd: 120_000 },
      { taskId: 'b', title: 'B \u001b[31mred', why: 'changed', paidMicroUsd: 30_000 },
      { taskId: 'c', title: 'C', why: 'upstream', paidMicroUsd: 0 },
    ],
    savedMicroUsd: 120_000,
    paidMicroUsd: 30_000,
    forecast: { costMicroUsd: { low: 20_000, high: 60_000 }, durationMs: { low: 10_000, high: 90_000 } },
  };

  it('what runs with why, then the price beside what was paid; texts of others are made safe', () => {
    expect(forkLines(preview, 100)).toEqual([
      'RUNS  WHY                  PAID THEN  TITLE',
      expect.stringMatching(/^b {5}changed {14}\$0\.0300 {4}B /),
      'c     builds on what runs  $0.00      C',
      '',
      'Taken over: 1 of 3 tasks, for which the original paid $0.1200: not paid again.',
      'To run:     2 tasks, for which the original paid $0.0300; forecast $0.0200–$0.0600, 10.0 s–1:30.',
    ]);
    expect(forkLines(preview, 100).join('')).not.toContain('\u001b');
  });

  it('nothing runs → no table', () => {
    const tasks = preview.tasks.filter(({ why }) => why === null);
    expect(forkLines({ ...preview, tasks }, 100)[0]).toMatch(/^Taken over: 1 of 1 task,/);
  });
});
