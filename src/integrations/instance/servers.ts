/** Brings up the servers of an embedded instance, Temporal and PostgreSQL, and keeps them up until it is stopped. Host side. */
import type { Config } from '../../core/config.ts';
import { OrchestratorError } from '../../core/failures.ts';
import type { StoreConnection } from '../../store/connection.ts';
import { configuredServers } from './configured-servers.ts';
import { prepareDataDir } from './data-dir.ts';
import { endOrphans } from './end-orphans.ts';
import type { ServerEvent } from './keep-running.ts';
import { lockInstance } from './lock.ts';
import { ownIdentity } from './process-identity.ts';
import type { InstanceRecord } from './record.ts';
import { keepRecord, type RecordKeeper } from './record-keeper.ts';
import { type PartContext, startStore, startTemporal, type TemporalAddress } from './server-parts.ts';

export type { ServerEvent } from './keep-running.ts';
export type { TemporalAddress } from './server-parts.ts';

export interface StartServersOptions {
  /** The instance's own folder (`instanceDir`). */
  readonly dataDir: string;
  readonly config: Config;
  /** Put on record; the folder has to be that of simulated work, which uses no servers of others. */
  readonly simulate?: boolean;
  readonly onProgress?: (line: string) => void;
  /** Gives up while starting; what has started is stopped, then `instance.cancelled` is thrown. */
  readonly signal?: AbortSignal;
}

export interface Servers {
  readonly temporal: TemporalAddress;
  readonly store: StoreConnection;
  /** Set it to hear of servers that die, come back or are lost. */
  onServerEvent?: (event: ServerEvent) => void;
  /** Changes the instance's record. */
  update(change: Pick<Partial<InstanceRecord>, 'state' | 'simulatorUrl' | 'worker'>): Promise<void>;
  /** Ends the servers, removes the record and frees the folder. A second call waits for the first. */
  stop(): Promise<void>;
}

/**
 * Takes the folder's lock (`instance.running` when it is held), ends servers that a killed instance left, and starts both
 * servers at once, or uses those that the configuration names. Each process is on record before it begins to work.
 */
export async function startServers(options: StartServersOptions): Promise<Servers> {
  const say = options.onProgress ?? (() => undefined);
  const dir = await prepareDataDir(options.dataDir);
  const lock = await lockInstance(dir);
  try {
    await endOrphans(dir, say);
    const keeper = await keepRecord(dir, await firstRecord(options.simulate ?? false));
    const cleanUp = async () => {
      await endOrphans(dir, say);
      await lock.release();
    };
    return await startBoth({ dir, keeper, say, options, cleanUp });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

interface StartBoth {
  readonly dir: string;
  readonly keeper: RecordKeeper;
  readonly say: (line: string) => void;
  readonly options: StartServersOptions;
  readonly cleanUp: () => Promise<void>;
}

async function startBoth({ dir, keeper, say, options, cleanUp }: StartBoth): Promise<Servers> {
  const failing = new AbortController();
  const signal = AbortSignal.any([failing.signal, ...(options.signal ? [options.signal] : [])]);
  let listener: Servers['onServerEvent'];
  const onEvent = (event: ServerEvent) => {
    say(describeEvent(event));
    listener?.(event);
  };
  const { config, simulate = false } = options;
  const configured = configuredServers(config, { simulate });
  const context: PartContext = { dir, config, configured, keeper, say, onEvent, signal };
  const fail = (error: unknown): never => {
    failing.abort(error);
    throw error;
  };
  const [temporal, store] = await Promise.allSettled([
    startTemporal(context).catch(fail),
    startStore(context).catch(fail),
  ]);
  const parts = [temporal, store].flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  if (temporal.status === 'rejected' || store.status === 'rejected' || signal.aborted) {
    await stopAll(parts, cleanUp);
    throw failing.signal.aborted ? failing.signal.reason : cancelled();
  }
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    // A full disk must not keep the servers from being stopped.
    await keeper.update({ state: 'stopping' }).catch(() => undefined);
    await stopAll(parts, cleanUp);
  };
  return {
    temporal: temporal.value.value,
    store: store.value.value,
    update: (change) => keeper.update(change),
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
    set onServerEvent(next: Servers['onServerEvent']) {
      listener = next;
    },
    get onServerEvent() {
      return listener;
    },
  };
}

/** Ends the parts in order, whatever one of them throws, then cleans up after them. */
async function stopAll(parts: readonly { stop(): Promise<void> }[], cleanUp: () => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  for (const part of parts) await part.stop().catch((error: unknown) => errors.push(error));
  await cleanUp();
  if (errors.length > 0) throw errors[0];
}

async function firstRecord(simulate: boolean): Promise<InstanceRecord> {
  return {
    version: 1,
    state: 'starting',
    up: await ownIdentity(),
    simulate,
    startedAt: new Date().toISOString(),
    servers: { temporal: null, postgres: null },
    temporal: null,
    store: null,
    simulatorUrl: null,
  };
}

function cancelled(): OrchestratorError {
  return new OrchestratorError('instance.cancelled', 'Starting the instance was called off.', {
    remedy: 'Start it again when you like.',
  });
}

function describeEvent(event: ServerEvent): string {
  switch (event.type) {
    case 'server-exit':
      return `${event.server} has ended by itself (${event.code === null ? 'by a signal' : `code ${event.code}`}): starting it again`;
    case 'server-restart':
      return `${event.server} is back`;
    case 'server-lost':
      return `${event.server} cannot be started again: ${event.error instanceof Error ? event.error.message : event.error}`;
  }
}
