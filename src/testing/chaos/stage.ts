/** Everything a chaos run runs on, each part a process of its own, with a proxy on every line. Test kit, host side. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, configSchema } from '../../core/config.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../integrations/postgres/embedded.ts';
import { connectTemporalNative } from '../../integrations/temporal/connect-temporal-native.ts';
import { locateTemporalCli } from '../../integrations/temporal/locate-temporal-cli.ts';
import { registerSearchAttributes } from '../../integrations/temporal/register-search-attributes.ts';
import { type DevServer, startDevServer } from '../../integrations/temporal/start-dev-server.ts';
import type { StoreConnection } from '../../store/connection.ts';
import { openStore } from '../../store/open-store.ts';
import { type Child, startChild } from '../child.ts';
import { type SeenStall, type Stall, watchStalls } from '../stalls.ts';
import { startTcpProxy, type TcpAddress, type TcpProxy } from '../tcp-proxy.ts';
import type { ClientInput } from './client-process.ts';
import { PROXIES, WORKERS } from './schedule.ts';
import { createSights, type Sights } from './sights.ts';
import { type Supervised, supervise } from './supervise.ts';

const NAMESPACE = 'default';
/** Shorter than a line to Claude is silent (fault-table.ts), longer than a busy machine makes a worker wait. */
const IDLE_TIMEOUT_MS = 4_000;

/** A process of ours and its lines. */
export interface Actor {
  readonly name: string;
  readonly process: Supervised<Child>;
  readonly lines: { readonly store: TcpProxy; readonly temporal: TcpProxy; readonly claude?: TcpProxy };
}

export interface Stage {
  /** Logs, databases, workspaces. */
  readonly dir: string;
  readonly config: Config;
  readonly sights: Sights;
  readonly temporal: Supervised<DevServer>;
  readonly store: Supervised<EmbeddedPostgres>;
  readonly simulator: Child;
  readonly workers: readonly Actor[];
  readonly client: Actor;
  /** Times that a process, ours included, stood still. */
  readonly stalls: readonly SeenStall[];
  /** Ends every process, the frozen ones too; `keep` leaves the folder. */
  close(options?: { keep: boolean }): Promise<void>;
}

/** Starts all of it in a temporary folder. What has started is ended when something fails to. */
export async function setStage({ seed, say }: { seed: number; say: (line: string) => void }): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'orchestrator-chaos-'));
  const ends: (() => Promise<unknown>)[] = [];
  const close = async ({ keep } = { keep: false }): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end().catch((error: unknown) => say(String(error)));
    if (!keep) await rm(dir, { recursive: true, force: true });
  };
  try {
    return { ...(await startParts({ seed, say, dir, ends })), close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Setting {
  readonly seed: number;
  readonly dir: string;
  readonly say: (line: string) => void;
  /** What ends the parts, in the order they were started. */
  readonly ends: (() => Promise<unknown>)[];
}

async function startParts(setting: Setting): Promise<Omit<Stage, 'close'>> {
  const { dir, ends, seed } = setting;
  const config = configSchema.parse({
    dataDir: dir,
    claude: { idleTimeoutMs: IDLE_TIMEOUT_MS },
    worker: { shutdownGraceMs: 500 },
  });
  const sights = createSights();
  const stalls: SeenStall[] = [];
  const stalled = (process: string) => (stall: Stall) => void stalls.push({ ...stall, process });
  const endWatch = watchStalls(stalled(PROXIES));
  ends.push(async () => endWatch());
  const [temporal, store] = [await superviseTemporal(setting), await superviseStore(setting)];
  ends.push(temporal.stop, store.stop);
  await prepare(temporal.current.address, store.current.connection);
  const simulator = await startChild({
    module: new URL('./simulator-process.js', import.meta.url),
    input: { seed },
    logFile: join(dir, 'simulator.log'),
  });
  ends.push(() => simulator.end());
  const simulatorUrl = await simulator.ask<string>('url');
  const base = {
    setting,
    config,
    sights,
    stalled,
    temporal: temporal.current.address,
    store: store.current.connection,
  };
  const workers = await Promise.all(WORKERS.map((name) => startWorkerActor({ ...base, name }, simulatorUrl)));
  const client = await startClientActor({ ...base, name: 'client' });
  return { dir, config, sights, stalls, temporal, store, simulator, workers, client };
}

async function superviseTemporal({ dir, say }: Setting): Promise<Supervised<DevServer>> {
  const cliPath = await locateTemporalCli({ onProgress: say });
  return await supervise<DevServer>({
    name: 'Temporal',
    start: (previous) =>
      startDevServer({
        ...{ cliPath, dir: join(dir, 'temporal'), namespace: NAMESPACE },
        ...{ port: portOf(previous?.address), uiPort: portOf(previous?.uiUrl), exactPorts: previous !== undefined },
      }),
    stop: (server) => server.stop(),
  });
}

function superviseStore({ dir }: Setting): Promise<Supervised<EmbeddedPostgres>> {
  return supervise<EmbeddedPostgres>({
    name: 'PostgreSQL',
    start: () => startEmbeddedPostgres({ dir: join(dir, 'postgres') }),
    stop: (server) => server.stop(),
  });
}

async function prepare(address: string, connection: StoreConnection): Promise<void> {
  const store = await openStore({ connection, poolSize: 1 });
  await store.migrate();
  await store.close();
  const native = await connectTemporalNative({ address, namespace: NAMESPACE });
  await registerSearchAttributes(native, NAMESPACE);
  await native.close();
}

interface ActorSetting {
  readonly stalled: (process: string) => (stall: Stall) => void;
  readonly name: string;
  readonly setting: Setting;
  readonly config: Config;
  readonly sights: Sights;
  readonly temporal: string;
  readonly store: StoreConnection;
}

async function startWorkerActor(actor: ActorSetting, simulatorUrl: string): Promise<Actor> {
  const { name, sights, setting, config } = actor;
  const lines = {
    store: await line(actor, storeAddress(actor.store), sights.looks.store(name)),
    temporal: await line(actor, hostAndPort(actor.temporal)),
    claude: await line(actor, hostAndPort(new URL(simulatorUrl).host), sights.looks.claude(name)),
  };
  const dataDir = join(setting.dir, 'data');
  await mkdir(dataDir, { recursive: true });
  const input = { ...inputOf(lines, actor.store, config), claudeUrl: `http://${lines.claude.address}`, dataDir };
  return { name, lines, process: await startActor(actor, new URL('../worker-process.js', import.meta.url), input) };
}

async function startClientActor(actor: ActorSetting): Promise<Actor> {
  const { name, sights, setting, config } = actor;
  const lines = {
    store: await line(actor, storeAddress(actor.store), sights.looks.clientStore(name)),
    temporal: await line(actor, hostAndPort(actor.temporal), sights.looks.clientTemporal(name)),
  };
  const input: ClientInput = { ...inputOf(lines, actor.store, config), seed: setting.seed };
  return { name, lines, process: await startActor(actor, new URL('./client-process.js', import.meta.url), input) };
}

function inputOf(lines: Actor['lines'], store: StoreConnection, config: Config) {
  const temporal = { address: lines.temporal.address, namespace: NAMESPACE };
  return { config, temporal, store: through(store, lines.store) };
}

async function startActor(actor: ActorSetting, module: URL, input: unknown): Promise<Supervised<Child>> {
  const { name, setting, stalled } = actor;
  const logFile = join(setting.dir, `${name}.log`);
  const process = await supervise<Child>({
    name,
    start: () => startChild({ module, input, logFile, onSaid: (value) => stalled(name)(value as Stall) }),
    stop: (child) => child.end(),
  });
  setting.ends.push(process.stop);
  return process;
}

async function line(
  { setting }: ActorSetting,
  target: TcpAddress,
  look?: Parameters<typeof startTcpProxy>[0]['look'],
): Promise<TcpProxy> {
  const proxy = await startTcpProxy({ target, ...(look === undefined ? {} : { look }) });
  setting.ends.push(() => proxy.close());
  return proxy;
}

function storeAddress(store: StoreConnection): TcpAddress {
  if ('url' in store) return hostAndPort(new URL(store.url).host);
  return { socketPath: join(store.socketDir, `.s.PGSQL.${store.port}`) };
}

/** The same database by way of a proxy; a socket's server asks nobody for a password. */
function through(store: StoreConnection, proxy: TcpProxy): StoreConnection {
  const url = new URL('url' in store ? store.url : `postgres://${store.user}@localhost/${store.database}`);
  url.host = proxy.address;
  return { url: url.href };
}

function hostAndPort(address: string): { host: string; port: number } {
  return { host: address.slice(0, address.lastIndexOf(':')), port: portOf(address) };
}

/** 0 (any) without an address. */
function portOf(address = ':0'): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
