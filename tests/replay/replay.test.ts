/** Every stored history replays on the code as it is, wherever it runs, and changed code is caught (G14, G16). */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');
const histories = join(root, 'tests', 'histories');

interface Replayed {
  readonly name: string;
  readonly error: string | null;
  readonly activities: number;
}

/** Replays a folder of histories on the workflows of a source tree, in a process with its own environment. */
async function replayAll(
  options: { tree?: string; dir?: string; env?: Record<string, string> } = {},
): Promise<Replayed[]> {
  const script = join(import.meta.dirname, 'replay-histories.mjs');
  const workflows = join(options.tree ?? root, 'src', 'workflows', 'index.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, workflows, options.dir ?? histories], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.env },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Replayed);
}

const failed = (results: readonly Replayed[]) => results.filter((result) => result.error !== null);

describe('replay archive', () => {
  it('all stored histories → replay with the same commands and arguments (G14)', async () => {
    const results = await replayAll();
    expect(failed(results)).toEqual([]);
    expect(results.length).toBeGreaterThanOrEqual(8);
    expect(results.reduce((sum, result) => sum + result.activities, 0)).toBeGreaterThan(100);
  });

  it('another time zone and locale → no difference (G16)', async () => {
    const env = { TZ: 'America/New_York', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' };
    expect(failed(await replayAll({ env }))).toEqual([]);
  });
});

/** Incompatible edits, each of which some history must catch. */
const MUTATIONS: readonly { name: string; file: string; from: string; to: string }[] = [
  {
    name: 'a further activity before planning',
    file: 'goal.ts',
    from: 'run.graph = await planGoal(run);',
    to: 'await run.proxies.goal.openGoal({ goalId, tenant });\n    run.graph = await planGoal(run);',
  },
  {
    name: 'the deliverable is verified before it is written',
    file: 'goal/deliver.ts',
    from: '  let last: Delivery = {};',
    to: "  let last: Delivery = {};\n  await guarded(run, 'verify', () => verify(run, 9));",
  },
  {
    name: 'a retry begins at turn 2',
    file: 'goal/run-task.ts',
    from: "  state.turn = 1;\n  state.opening = { kind: 'retry', reason };",
    to: "  state.turn = 2;\n  state.opening = { kind: 'retry', reason };",
  },
  {
    name: 'revision and turn change places in the arguments of a call',
    file: 'goal/run-task.ts',
    from: '    revision: state.revision,\n    turn: state.turn,\n    agent: task.agent,\n    tier',
    to: '    revision: state.turn,\n    turn: state.revision,\n    agent: task.agent,\n    tier',
  },
  {
    name: 'the end is not shown in the search attributes',
    file: 'goal/close.ts',
    from: 'setStatus(run, ending.status);',
    to: '',
  },
];

describe('replay archive: seeded incompatible edits', () => {
  const trees: string[] = [];
  afterAll(() => {
    for (const tree of trees) rmSync(tree, { recursive: true, force: true });
  });

  it.each(MUTATIONS)('$name → caught (G14)', async ({ file, from, to }) => {
    const tree = mkdtempSync(join(tmpdir(), 'orchestrator-mutant-'));
    trees.push(tree);
    cpSync(join(root, 'src'), join(tree, 'src'), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
    writeFileSync(join(tree, 'package.json'), '{"type":"module"}');
    const path = join(tree, 'src', 'workflows', file);
    const source = readFileSync(path, 'utf8');
    expect(source).toContain(from);
    writeFileSync(path, source.replace(from, to));
    expect(failed(await replayAll({ tree })).length).toBeGreaterThan(0);
  });

  it('the archive covers the branches it names → a history each', () => {
    const names = readdirSync(histories).map((name) => name.replace('.json.gz', ''));
    expect(names).toEqual(
      expect.arrayContaining([
        'diamond',
        'plan-fallback',
        'revised',
        'replanned',
        'fail-goal',
        'tools',
        'credentials',
        'cancel-tasks',
      ]),
    );
  });
});
