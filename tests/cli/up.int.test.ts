/** The command as a person uses it, over real servers: up, run, kill -9, detach, status, down. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectOrchestrator } from '../../src/client/connect.ts';
import { configSchema } from '../../src/core/config.ts';
import { isAlive } from '../../src/integrations/instance/process-identity.ts';
import { findInstance, type InstanceRecord } from '../../src/integrations/instance/record.ts';
import { resourcesOf } from '../../src/workers/resources.ts';
import { asTyped, runCli, startCli } from './run-cli.ts';

const GOAL = 'Plan the move of 14 cron jobs of the sales team to a pipeline with alerts';
let root: string;
let dataDir: string;
let dir: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'up-int-'));
  dataDir = join(root, 'data');
  dir = join(dataDir, 'simulated');
});

afterAll(async () => {
  await runCli(dataDir, 'down');
  await rm(root, { recursive: true, force: true });
});

async function record(): Promise<InstanceRecord> {
  const found = await findInstance(dir);
  if (found.state === 'none') throw new Error('no record');
  return found.record;
}

const commandsIn = (text: string) => [...text.matchAll(/`(orchestrator [^`]+)`/g)].map(([, command]) => command);

const serversOf = ({ servers }: InstanceRecord) => [servers.temporal, servers.postgres].filter((each) => each !== null);

async function alive(identities: readonly { pid: number; startTime: string }[]): Promise<number> {
  return (await Promise.all(identities.map(isAlive))).filter(Boolean).length;
}

describe('orchestrator up', () => {
  it('two at once on an empty folder → one instance; both say that it runs; status agrees', async () => {
    const both = await Promise.all([runCli(dataDir, 'up', '--detach'), runCli(dataDir, 'up', '--detach')]);
    for (const { code, out } of both) {
      expect(out).toMatch(/State +ready \(simulated/);
      expect(out).toMatch(/Worker +\d+ calls at once \(\d+ of models, \d+ of tools\), \d+ workflow tasks; \d+ MB/);
      expect(code).toBe(0);
    }
    const pids = both.map(({ out }) => /Process +(\d+)/.exec(out)?.[1]);
    expect(pids[0]).toBe(pids[1]);
    expect(await alive(serversOf(await record()))).toBe(2);
    const { code, out } = await runCli(dataDir, 'status', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ state: 'running', phase: 'ready', simulate: true, openGoals: 0 });
    expect(JSON.parse(out)).toMatchObject({
      worker: { memoryLimitMb: resourcesOf(configSchema.parse({}).worker).memoryLimitMb },
    });
    expect(out).not.toMatch(/password/);
  });

  it('a further up in the foreground → says that it already runs, code 0', async () => {
    expect(await runCli(dataDir, 'up')).toMatchObject({ code: 0, out: expect.stringMatching(/^It already runs\./) });
  });

  it('run in a pipe → events as lines, report and deliverable, saved; no escapes; the instance stays', async () => {
    const output = join(root, 'deliverable.md');
    const { code, out, err } = await runCli(dataDir, 'run', GOAL, '-o', output, '--tag', 'int');
    expect(err).toMatch(/goal-start[\s\S]*plan-ready[\s\S]*task-start[\s\S]*task-end[\s\S]*goal-end/);
    expect(code).toBe(0);
    expect(out).toMatch(/^SIMULATED/);
    expect(out).toMatch(/Status +completed\nTasks +\d+\/\d+ done.*1 retried/);
    expect(out + err).not.toMatch(/\u001b/);
    expect(out).toContain((await readFile(output, 'utf8')).trim().split('\n')[0]);
    const listed = JSON.parse((await runCli(dataDir, 'goals', 'list', '--tag', 'int', '--json')).out) as {
      goalId: string;
    }[];
    expect(listed).toHaveLength(1);
    const shown = await runCli(dataDir, 'goals', 'show', listed[0]?.goalId ?? '');
    expect(shown.out).toMatch(/TASK +STATUS +AGENT/);
  });

  it('commands that it prints → typed as they stand, they find the same instance', async () => {
    const [goal] = JSON.parse((await runCli(dataDir, 'goals', 'list', '--tag', 'int', '--json')).out) as {
      goalId: string;
    }[];
    const goalId = goal?.goalId ?? '';
    const shown = await runCli(dataDir, 'goals', 'show', goalId);
    const [read = ''] = commandsIn(shown.out);
    expect(read).toBe(`orchestrator goals show ${goalId} --deliverable --simulate --data-dir ${dataDir}`);
    expect(await asTyped(read)).toMatchObject({ code: 0, out: expect.stringContaining('## Figures') });
    const unknown = await runCli(dataDir, 'goals', 'show', '1m82gma22bsvrs18jcf6');
    const [list = ''] = commandsIn(unknown.err);
    expect(await asTyped(list)).toMatchObject({ code: 0, out: expect.stringContaining(goalId) });
  });

  it('run --json with an idempotency key, twice → the same finished goal, not a second one', async () => {
    const args = ['run', GOAL, '--json', '--idempotency-key', 'once', '--verify', 'off', '--synthesis', 'off'];
    const first = JSON.parse((await runCli(dataDir, ...args)).out) as {
      goalId: string;
      modelCalls: number;
      census: object;
    };
    const second = JSON.parse((await runCli(dataDir, ...args)).out) as typeof first;
    expect(first.census).toMatchObject({ verified: false });
    expect(second).toMatchObject({ goalId: first.goalId, modelCalls: first.modelCalls });
    const other = await runCli(dataDir, ...args.map((word) => (word === GOAL ? 'Another goal' : word)));
    expect(other.code).toBe(2);
    expect(JSON.parse(other.out)).toMatchObject({ error: { code: 'goal.idempotency-conflict' } });
  });

  it('goals fork → the preview starts nothing; the fork runs what changed, tells the price first and ends as its status', async () => {
    const [original] = JSON.parse((await runCli(dataDir, 'goals', 'list', '--tag', 'int', '--json')).out) as {
      goalId: string;
    }[];
    const fork = (...flags: string[]) => runCli(dataDir, 'goals', 'fork', original?.goalId ?? '', ...flags);
    const listed = async () => (await runCli(dataDir, 'goals', 'list', '--json')).out;
    const before = await listed();
    const { tasks } = JSON.parse((await fork('--preview', '--json')).out) as {
      tasks: { taskId: string; why: string | null }[];
    };
    expect(tasks.map(({ why }) => why)).toEqual(tasks.map(() => null));
    expect(await listed()).toBe(before);
    const last = tasks.at(-1)?.taskId ?? '';
    const { code, out, err } = await fork('--rerun', last, '--synthesis', 'off', '--verify', 'off');
    expect(code).toBe(0);
    expect(err).toMatch(/^RUNS +WHY/);
    expect(err).toMatch(/Taken over: \d+ of \d+ tasks.*not paid again\.\nTo run: +1 task, .*forecast \$/);
    expect(err).toContain(` task-reused `);
    expect(out).toContain(`Fork of   ${original?.goalId}`);
    expect(await fork('--rerun', 'no-such-task')).toMatchObject({
      code: 2,
      err: expect.stringContaining('fork.invalid'),
    });
  });

  it('SIGINT without a terminal → detached (130), the goal goes on; cancel --wait ends it', async () => {
    const run = startCli(dataDir, ['run', GOAL]);
    await run.until(/task-start/);
    run.child.kill('SIGINT');
    const { code, err } = await run.end;
    expect(code).toBe(130);
    const [, goalId = ''] = /Detached: goal (\w+) goes on/.exec(err) ?? [];
    const cancelled = await runCli(dataDir, 'goals', 'cancel', goalId, '--wait');
    expect(cancelled).toMatchObject({ code: 0, out: `Goal ${goalId}: cancelled\n` });
    expect((await runCli(dataDir, 'goals', 'watch', goalId)).code).toBe(5);
    expect((await runCli(dataDir, 'goals', 'cancel', goalId)).err).toMatch(/code: goal\.closed/);
  });

  it('kill -9 of up in the middle of a goal, then a new up → nothing orphaned or doubled, the goal goes on', async () => {
    const before = await record();
    const run = startCli(dataDir, ['run', GOAL]);
    await run.until(/task-end/);
    process.kill(before.up.pid, 'SIGKILL');
    const status = await runCli(dataDir, 'status');
    expect(status).toMatchObject({ code: 6, out: expect.stringMatching(/ended without cleaning up/) });
    expect(await alive(serversOf(before))).toBe(2);
    expect((await runCli(dataDir, 'up', '--detach')).code).toBe(0);
    const after = await record();
    expect(await alive(serversOf(before))).toBe(0);
    expect(await alive(serversOf(after))).toBe(2);
    const { code, out, err } = await run.end;
    expect(code).toBe(0);
    expect(out).toMatch(/Status +completed/);
    const starts = err.split('\n').filter((line) => / goal-start( |$)/.test(line));
    expect(starts).toHaveLength(1);
  });

  it('client of a script → connects by the folder: start, watch, result', async () => {
    const client = await connectOrchestrator({ config: configSchema.parse({ dataDir }), simulate: true });
    try {
      const { goalId } = await client.start({ text: GOAL, verify: 'off' });
      const seqs: number[] = [];
      for await (const event of client.watch(goalId)) if (event.seq > 0) seqs.push(event.seq);
      expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      const result = await client.result(goalId);
      expect(result.status).toBe('completed');
      await expect(client.cancel(goalId)).rejects.toMatchObject({ code: 'goal.closed' });
      expect(await client.reconcile()).toEqual([]);
    } finally {
      await client.close();
    }
  });

  it('store export, down, a new folder, import → the goals are there', async () => {
    const file = join(root, 'store.jsonl');
    expect(await runCli(dataDir, 'store', 'export', file)).toMatchObject({ code: 0 });
    expect(await runCli(dataDir, 'store', 'export', file)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/EEXIST/),
    });
    const goals = async (folder: string) =>
      JSON.parse((await runCli(folder, 'goals', 'list', '--json')).out) as unknown[];
    const exported = await goals(dataDir);
    const other = join(root, 'other');
    await runCli(other, 'up', '--detach');
    try {
      expect(await runCli(other, 'store', 'import', file)).toMatchObject({ code: 0 });
      expect(await goals(other)).toEqual(exported);
    } finally {
      await runCli(other, 'down');
    }
  });

  it('chat in a pipe → answers in order, a goal started and seen by /goals; another process goes on with it', async () => {
    const lines = 'Hello there\nstart a goal: Compare two ways to keep logs.\n/goals\n';
    const { code, out, err } = await startCli(dataDir, ['chat', '--yes'], { stdin: lines }).end;
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringMatching(/chat --continue [0-9a-z]{20}/) });
    const [, goalId] = /\[goal ([0-9a-z]{20}) started\]/.exec(out) ?? [];
    expect(out.indexOf('Hello there')).toBeLessThan(out.indexOf(`I started goal ${goalId}`));
    expect(out.slice(out.indexOf('I started goal'))).toContain('Compare two ways to keep logs.');
    expect((await runCli(dataDir, 'goals', 'watch', goalId ?? '')).code).toBe(0);
    const later = await startCli(dataDir, ['chat', '--continue', '--json'], {
      stdin: `read the result of goal ${goalId}`,
    }).end;
    const events = later.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; data: object });
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['chat-message', 'chat-reply']));
    expect(events.at(-1)).toMatchObject({
      type: 'chat-reply',
      data: { last: true, text: expect.stringMatching(/logs/) },
    });
    const [listed] = JSON.parse((await runCli(dataDir, 'chat', 'list', '--json')).out) as object[];
    expect(listed).toMatchObject({ title: 'Hello there', messages: 3 });
  });

  it('down without --simulate beside a simulated instance → leaves it, and says what ends it', async () => {
    const { code, out } = await asTyped(`orchestrator down --data-dir ${dataDir}`);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/^Nothing runs\./) });
    expect(out).toContain(`A simulated instance runs in ${dir}`);
    expect(commandsIn(out)).toEqual([`orchestrator down --simulate --data-dir ${dataDir}`]);
    const other = JSON.parse((await asTyped(`orchestrator down --json --data-dir ${dataDir}`)).out);
    expect(other).toMatchObject({ outcome: 'nothing', other: { dir, simulated: true } });
    expect(await alive([(await record()).up])).toBe(1);
  });

  it('down → up and its servers are gone, record too; run starts them again and ends them after itself', async () => {
    const running = await record();
    expect(await runCli(dataDir, 'down')).toMatchObject({ code: 0, out: expect.stringMatching(/^Stopped\./) });
    expect(await alive([running.up, ...serversOf(running)])).toBe(0);
    expect(existsSync(join(dir, 'instance.json'))).toBe(false);
    expect((await runCli(dataDir, 'status')).code).toBe(6);
    const { code, err } = await runCli(dataDir, 'run', GOAL, '--verify', 'off');
    expect(code).toBe(0);
    expect(err).toMatch(/… Starting Temporal, PostgreSQL and a worker/);
    expect((await runCli(dataDir, 'status')).code).toBe(6);
  });

  it('start that fails → its reason and remedy, not a log to search', async () => {
    const file = join(root, 'not-a-program');
    await writeFile(file, 'x', { mode: 0o644 });
    const { code, err } = await startCli(join(root, 'failing'), ['run', GOAL], {
      env: { ORCHESTRATOR_TEMPORAL__CLI_PATH: file },
    }).end;
    expect(code).toBe(6);
    expect(err).toMatch(/error: temporal\.cliPath names [\s\S]*remedy: [\s\S]*code: temporal\.cli-invalid/);
    expect((await runCli(join(root, 'failing'), 'status')).code).toBe(6);
  });

  it.each([['run', GOAL], ['up', '--detach'], ['up']])(
    '%s with a file in place of its folder → says so, with a remedy',
    async (...args) => {
      const file = join(root, 'a-file');
      await writeFile(file, 'x');
      const { code, err } = await runCli(file, ...args);
      expect(err).toMatch(
        /error: The data folder .*a-file.* a file stands in its place[\s\S]*remedy: Move [\s\S]*code: instance\.data-dir/,
      );
      expect(code).toBe(6);
      await expect(readFile(file, 'utf8')).resolves.toBe('x');
    },
  );
});
