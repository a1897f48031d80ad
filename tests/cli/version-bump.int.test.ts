/** A data folder with an open goal under the next version: it migrates and the goal finishes; the old one is refused. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changedBundle } from '../support/changed-workflows.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const GOAL = 'Plan the move of 14 cron jobs of the sales team to a pipeline with alerts';
let root: string;
let dataDir: string;
/** The package as it is built now, and the one after it. */
let now: string;
let next: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bump-'));
  dataDir = join(root, 'data');
  now = await installed('now');
  next = await installed('next');
  await release(next);
});

afterAll(async () => {
  await orchestrator(next, 'down');
  await rm(root, { recursive: true, force: true });
});

/** The package as npm would install it. */
async function installed(name: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder);
  for (const part of ['bin', 'dist', 'migrations', 'package.json'])
    await cp(join(ROOT, part), join(folder, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Makes a later version of it: number, prompts, tables, and a patched workflow. */
async function release(folder: string): Promise<void> {
  await change(join(folder, 'package.json'), /"version": "[^"]+"/, '"version": "99.0.0"');
  await change(join(folder, 'dist/agents/prompt-version.js'), /PROMPT_VERSION = \d+/, 'PROMPT_VERSION = 9999');
  const journal = 'migrations/meta/_journal.json';
  const { entries, ...rest } = JSON.parse(await readFile(join(folder, journal), 'utf8')) as {
    entries: { idx: number; when: number }[];
  };
  const last = entries.at(-1);
  const entry = { ...last, idx: entries.length, when: (last?.when ?? 0) + 1_000, tag: '9999_next' };
  await writeFile(join(folder, journal), JSON.stringify({ ...rest, entries: [...entries, entry] }));
  await writeFile(join(folder, 'migrations/9999_next.sql'), 'ALTER TABLE "orchestrator"."goals" ADD "next" text;');
  const body = 'export async function runTask(run: GoalRun, task: TaskSkeleton): Promise<TaskEnd> {\n';
  await changedBundle(join(folder, 'dist'), 'workflow-bundle', {
    file: 'goal/run-task.ts',
    from: body,
    to: `import { patched as isPatched, sleep as pause } from '@temporalio/workflow';\n${body}  if (isPatched('2027-01-15-pause-before-task')) await pause(1);\n`,
  });
}

async function change(path: string, from: RegExp, to: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  expect(text).toMatch(from);
  await writeFile(path, text.replace(from, to));
}

/** Runs the command of a version to its end, in the simulated instance of the data folder. */
function orchestrator(version: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { ANTHROPIC_API_KEY: _key, ...inherited } = process.env;
  const ports = { ORCHESTRATOR_TEMPORAL__PORT: '0', ORCHESTRATOR_TEMPORAL__UI_PORT: '0' };
  const command = [join(version, 'bin/orchestrator.mjs'), ...args, '--simulate', '--data-dir', dataDir];
  const options = { cwd: root, env: { ...inherited, ...ports, NODE_OPTIONS: '' } };
  return new Promise((resolve) => {
    execFile(process.execPath, command, options, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, err });
    });
  });
}

describe('a data folder with an open goal', () => {
  it('the next version starts on it → tables migrated, the goal goes on and completes', async () => {
    expect(await orchestrator(now, 'up', '--detach')).toMatchObject({ code: 0 });
    const goal = ['run', GOAL, '--idempotency-key', 'once', '--json'];
    const { goalId } = JSON.parse((await orchestrator(now, ...goal, '--detach')).out) as { goalId: string };
    const { openGoals } = JSON.parse((await orchestrator(now, 'status', '--json')).out) as { openGoals: string };
    expect(Number(openGoals)).toBe(1);
    expect(await orchestrator(now, 'down')).toMatchObject({ code: 0 });

    expect((await orchestrator(next, '--version')).out.trim()).toBe('99.0.0');
    expect(await orchestrator(next, 'up', '--detach')).toMatchObject({ code: 0 });
    const ended = JSON.parse((await orchestrator(next, ...goal)).out) as object;
    expect(ended).toMatchObject({ goalId, status: 'completed' });
    expect(await orchestrator(next, 'down')).toMatchObject({ code: 0 });
  });

  it('the version before it starts on the migrated folder → refused with the reason, nothing is left running', async () => {
    const refused = await orchestrator(now, 'up');
    expect(refused.code).not.toBe(0);
    expect(refused.err).toMatch(/migrated by a newer version/);
    expect(refused.err).toMatch(/Run that version or a later one/);
    expect((await orchestrator(now, 'status')).out).toMatch(/^No instance runs/);
    expect(await orchestrator(next, 'up', '--detach')).toMatchObject({ code: 0 });
  });
});
