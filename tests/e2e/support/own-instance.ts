/** `orchestrator up` with servers of its own, kept up as a service manager would. Integration tests only. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instanceDir } from '../../../src/integrations/instance/data-dir.ts';
import { cleanUpDeadInstance } from '../../../src/integrations/instance/end-orphans.ts';
import { isAlive } from '../../../src/integrations/instance/process-identity.ts';
import { type InstanceRecord, readInstance } from '../../../src/integrations/instance/record.ts';
import type { Simulator } from '../../../src/simulator/index.ts';
import { until } from '../../support/until.ts';
import { spawnUp, type UpProcess } from './up-process.ts';

/** A running instance. */
export interface OwnInstance {
  readonly dataDir: string;
  /** Folder of the servers. */
  readonly dir: string;
  /** What it has written so far, over all starts. */
  said(): string;
  /** How often `up` itself had ended and was started again. */
  readonly restarts: number;
  record(): Promise<InstanceRecord>;
  /** SIGKILL, once the server is there to be killed. */
  killServer(name: 'temporal' | 'postgres'): Promise<void>;
  close(): Promise<void>;
}

/** Sizes in MB of file systems in memory for the folders of servers. Only root may have them. */
type SmallDisks = Readonly<Partial<Record<'postgres' | 'temporal', number>>>;

function mountDisks(dir: string, disks: SmallDisks): string[] {
  return Object.entries(disks).map(([name, megabytes]) => {
    const path = join(dir, name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', path]);
    return path;
  });
}

/** What differs from an ordinary instance. `disks` gives servers small disks of their own, `env` is for `up`. */
export interface InstanceChoice {
  readonly disks?: SmallDisks;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts it in a folder of its own; its model calls go to the simulator. */
export async function startOwnInstance(simulator: Simulator, choice: InstanceChoice = {}): Promise<OwnInstance> {
  const dataDir = await mkdtemp(join(tmpdir(), 'e2e-own-'));
  const dir = instanceDir(dataDir, { simulate: false });
  const mounted = mountDisks(dir, choice.disks ?? {});
  const start = () =>
    spawnUp(dataDir, {
      ANTHROPIC_API_KEY: 'sk-ant-test',
      ANTHROPIC_BASE_URL: simulator.url,
      ORCHESTRATOR_TEMPORAL__PORT: '0',
      ORCHESTRATOR_TEMPORAL__UI_PORT: '0',
      ORCHESTRATOR_WORKER__SHUTDOWN_GRACE_MS: '500',
      ...choice.env,
    });
  let up: UpProcess = await start();
  let before = '';
  let restarts = 0;
  let closing = false;
  const kept = keep();
  async function keep(): Promise<void> {
    for (;;) {
      await up.ended;
      if (closing) return;
      restarts += 1;
      before += up.said();
      const next = await start().catch((error: unknown) => {
        before += String(error);
      });
      if (next) up = next;
    }
  }
  const server = async (name: 'temporal' | 'postgres') => (await readInstance(dir))?.servers[name] ?? undefined;
  return {
    dataDir,
    dir,
    said: () => before + up.said(),
    get restarts() {
      return restarts;
    },
    async record() {
      const record = await readInstance(dir);
      if (!record) throw new Error('the instance has no record');
      return record;
    },
    async killServer(name) {
      await until(async () => {
        const identity = await server(name);
        if (!identity || !(await isAlive(identity))) return false;
        process.kill(identity.pid, 'SIGKILL');
        return true;
      }, `${name}`);
    },
    async close() {
      closing = true;
      await up.end('SIGTERM');
      await kept;
      await cleanUpDeadInstance(dir, () => undefined);
      for (const path of mounted) execFileSync('umount', ['-l', path]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
