/** Every stored history replays on the code as it is, wherever it runs, and changed code is caught (G14, G16). */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureBuilt } from '../../scripts/lib/ensure-built.mjs';
import { changedTree, type Edit } from '../support/changed-workflows.ts';

const root = join(import.meta.dirname, '..', '..');
const histories = join(root, 'tests', 'histories');
const LONG = Boolean(process.env.LONG);

interface Replayed {
  readonly name: string;
  readonly type: string;
  readonly error: string | null;
  readonly activities: number;
}

/** How histories are replayed. `node`: a release of Node.js, fetched by npm; default: this one. */
interface ReplayOptions {
  readonly workflows?: string;
  readonly maxBytes?: number;
  readonly node?: string;
  readonly env?: Record<string, string>;
}

/** Replays the archive on the workflows of a source tree, in a process with its own environment. */
async function replayAll(options: ReplayOptions = {}): Promise<Replayed[]> {
  const script = join(import.meta.dirname, 'replay-histories.mjs');
  const workflows = options.workflows ?? join(root, 'src', 'workflows', 'index.ts');
  const limit = options.maxBytes === undefined ? [] : [String(options.maxBytes)];
  return runJson<Replayed>([script, workflows, histories, ...limit], options);
}

/** Runs a script; one JSON value a line. */
async function runJson<T>(args: readonly string[], { node, env = {} }: ReplayOptions = {}): Promise<T[]> {
  const [command, first] = node ? ['npx', ['-y', '-p', `node@${node}`, 'node']] : [process.execPath, []];
  const { stdout } = await promisify(execFile)(command as string, [...(first as string[]), ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

const failed = (results: readonly Replayed[]) => results.filter((result) => result.error !== null);

describe('replay archive', () => {
  it('all stored histories → replay with the same commands and arguments; each workflow has some (G14)', async () => {
    const results = await replayAll();
    expect(failed(results)).toEqual([]);
    expect(results.length).toBeGreaterThanOrEqual(30);
    expect(results.reduce((sum, result) => sum + result.activities, 0)).toBeGreaterThan(300);
    const types = new Set(results.map(({ type }) => type));
    expect([...workflowTypes()].filter((type) => !types.has(type))).toEqual([]);
    console.info(`G14: ${results.length} histories replayed, ${failed(results).length} differ`);
  });

  it('the archive → reaches 90 % of the lines of the workflows (G14)', async () => {
    await ensureBuilt();
    const script = join(import.meta.dirname, 'archive-coverage.mjs');
    const files = await runJson<{ file: string; lines: number; covered: number; missed: number[] }>([
      script,
      histories,
    ]);
    const [lines, covered] = [sum(files.map((each) => each.lines)), sum(files.map((each) => each.covered))];
    const missed = files
      .filter((each) => each.missed.length > 0)
      .map((each) => `${each.file}: ${each.missed.join(' ')}`);
    console.info(`G14: the archive reaches ${covered} of ${lines} lines; not: ${missed.join('; ')}`);
    // Queries, validators of updates and what only a bug reaches do not run in a replay.
    expect({ share: covered / lines >= 0.9, missed }).toEqual({ share: true, missed });
  });

  it('another time zone and locale → no difference (G16)', async () => {
    const env = { TZ: 'America/New_York', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' };
    expect(failed(await replayAll({ env }))).toEqual([]);
  });

  for (const node of ['22', '24']) {
    const missing = whyNot(node);
    (missing ? it.skip : it)(
      `Node.js ${node} → no difference (G16)${missing ? ` – left out: ${missing}` : ''}`,
      async () => {
        const results = await replayAll({ node, env: { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8' } });
        expect(results.length).toBeGreaterThanOrEqual(30);
        expect(failed(results)).toEqual([]);
        process.stdout.write(`G16: ${results.length} histories replayed on Node.js ${node}\n`);
      },
      300_000,
    );
  }
});

/** Why another Node.js is left out; undefined: it is there. */
function whyNot(node: string): string | undefined {
  if (!LONG) return 'long form only';
  const args = ['-y', '-p', `node@${node}`, 'node', '-p', 'process.version'];
  const { status, stdout, stderr, error } = spawnSync('npx', args, { encoding: 'utf8', timeout: 120_000 });
  if (status === 0 && stdout.startsWith(`v${node}.`)) return undefined;
  return `npm could not fetch it (${error?.message ?? stderr.trim().split('\n').at(-1)})`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Workflow types that the bundle's entry exports. */
function workflowTypes(): Set<string> {
  const entry = readFileSync(join(root, 'src', 'workflows', 'index.ts'), 'utf8');
  const names = [...entry.matchAll(/\b(\w+Workflow)\b/g)].map((match) => match[1] as string);
  expect(names).toContain('goalWorkflow');
  return new Set(names);
}

/** Incompatible edits; `caught` is what the replay must say of at least one history. */
const MUTATIONS: readonly (Edit & { readonly name: string; readonly caught: RegExp })[] = [
  {
    name: 'a further activity before planning',
    file: 'goal.ts',
    from: 'run.graph ??= await planGoal(run);',
    to: 'await run.proxies.goal.openGoal({ goalId, tenant });\n    run.graph ??= await planGoal(run);',
    caught: /No command scheduled for event HistoryEvent\(id: \d+, UpsertWorkflowSearchAttributes/,
  },
  {
    name: 'the deliverable is verified before it is written',
    file: 'goal/deliver.ts',
    from: '    announce(run, { revision, opening, ...last });',
    to: "    await guarded(run, 'verify', () => verify(run, 9));\n    announce(run, { revision, opening, ...last });",
    caught: /scheduled event 'synthesis\.0\.1' does not match activity id of activity command 'verify\.9\.0'/,
  },
  {
    name: 'a retry begins at turn 2',
    file: 'goal/run-task.ts',
    from: "  state.turn = 1;\n  state.opening = { kind: 'retry', reason };",
    to: "  state.turn = 2;\n  state.opening = { kind: 'retry', reason };",
    caught: /scheduled event 'm\d\.1\.1' does not match activity id of activity command 'm\d\.1\.2'/,
  },
  {
    name: 'revision and turn change places in the arguments of a call',
    file: 'goal/run-task.ts',
    from: '    revision: state.revision,\n    turn: state.turn,\n    agent: task.agent,\n    tier',
    to: '    revision: state.turn,\n    turn: state.revision,\n    agent: task.agent,\n    tier',
    caught: /recorded callModel\(.*"revision":0,"turn":1,.* now callModel\(.*"revision":1,"turn":0,/,
  },
  {
    name: 'the end is not shown in the search attributes',
    file: 'goal/close.ts',
    from: 'setStatus(run, ending.status);',
    to: '',
    caught: /workflow machine does not handle this event: HistoryEvent\(id: \d+, UpsertWorkflowSearchAttributes/,
  },
];

/** The long histories add time, and nothing that the short ones do not catch. */
const SMALL_BYTES = 20_000;

describe('replay archive: seeded incompatible edits', () => {
  it.each(MUTATIONS)('$name → caught by what differs, not by chance (G14)', async ({ name, caught, ...edit }) => {
    const tree = changedTree(edit);
    try {
      const differing = failed(await replayAll({ workflows: tree.workflows, maxBytes: SMALL_BYTES }));
      console.info(`G14: ${name}: ${differing.length} histories differ`);
      expect(differing.map(({ error }) => error)).toEqual(expect.arrayContaining([expect.stringMatching(caught)]));
    } finally {
      tree.remove();
    }
  });
});
