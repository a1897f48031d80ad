/** `npm run chaos` as it is, for one minute, and stopped in the middle. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/testing/chaos/main.js', import.meta.url));
/** A minute of faults, and on a busy machine one more for them, 90 s to end what is open, and what is around. */
const LIMIT_MS = 300_000;

interface Run {
  readonly child: ChildProcess;
  /** Everything it has said. */
  said(): string;
  readonly code: Promise<number | null>;
}

const runs: Run[] = [];
afterAll(async () => {
  for (const { child } of runs) child.kill('SIGTERM');
  await Promise.all(runs.map(({ code }) => code));
});

function start(...args: readonly string[]): Run {
  const { TEST_TEMPORAL_CLI, NODE_OPTIONS: _ours, ...env } = process.env;
  const named = TEST_TEMPORAL_CLI ? { TEMPORAL_CLI_PATH: TEST_TEMPORAL_CLI } : {};
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...env, ...named },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
  }
  const run = { child, said: () => said, code: new Promise<number | null>((ended) => child.once('close', ended)) };
  runs.push(run);
  return run;
}

/** Processes that work in a folder or are told about it. */
function processesOf(folder: string): string[] {
  const commandOf = (pid: string): string => {
    try {
      return `${readFileSync(`/proc/${pid}/cmdline`, 'utf8')} ${readlinkSync(`/proc/${pid}/cwd`)}`;
    } catch {
      return '';
    }
  };
  if (!existsSync('/proc/self')) return [];
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandOf(name).includes(folder));
}

describe('npm run chaos', () => {
  it(
    'one minute → every fault at every moment, all goals right, the accounts close (G2, G4, G24, G25)',
    async () => {
      const run = start('--minutes', '1', '--seed', '1');
      const code = await run.code;
      process.stdout.write(run.said().slice(run.said().lastIndexOf('Chaos: ')));
      expect([code, run.said()]).toEqual([0, expect.stringMatching(/The accounts close\.\s*$/)]);
    },
    LIMIT_MS,
  );

  it('stopped in the middle → code 130, no process and no folder left', async () => {
    const run = start('--minutes', '5', '--seed', '2');
    let folder: string | undefined;
    while (folder === undefined) {
      await new Promise((passed) => setTimeout(passed, 50));
      if (run.child.exitCode !== null) throw new Error(run.said());
      folder = /^\s*\d+\.\d s {2}1 /m.test(run.said()) ? /^Everything is in (\S+)$/m.exec(run.said())?.[1] : undefined;
    }
    expect(processesOf(folder)).not.toEqual([]);
    run.child.kill('SIGINT');
    expect(await run.code).toBe(130);
    expect([processesOf(folder), existsSync(folder)]).toEqual([[], false]);
  });
});
