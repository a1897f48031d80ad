/** One connection that listens for all watchers of a process, and comes back when it is lost. Host side. */
import pg from 'pg';
import { clientConfig, type StoreConnection } from './connection.ts';

/** What a watcher gets: a payload, or `undefined` when the connection is new and something may have been missed. */
export type Heard = (payload: string | undefined) => void;

export interface Listener {
  /** Hears a channel from now on, as far as the server can be reached; returns how to stop. */
  subscribe(channel: string, heard: Heard): Promise<() => void>;
  close(): Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Makes a listener; it connects with the first subscription. */
export function createListener(connection: StoreConnection, applicationName: string): Listener {
  const channels = new Map<string, Set<Heard>>();
  let client: Promise<pg.Client> | undefined;
  let closed = false;
  const inTurn = takeTurns();

  function lost(): void {
    client = undefined;
    if (!closed && channels.size > 0) retry(FIRST_PAUSE_MS);
  }

  function retry(pauseMs: number): void {
    setTimeout(() => {
      if (closed || channels.size === 0 || client !== undefined) return;
      connected().then(
        () => {
          for (const listeners of channels.values()) for (const heard of listeners) heard(undefined);
        },
        () => retry(Math.min(pauseMs * 2, LONGEST_PAUSE_MS)),
      );
    }, pauseMs).unref();
  }

  function connected(): Promise<pg.Client> {
    client ??= connect(connection, applicationName, { channels, lost }).catch((error: unknown) => {
      client = undefined;
      throw error;
    });
    return client;
  }

  return {
    async subscribe(channel, heard) {
      const listeners = channels.get(channel) ?? new Set();
      channels.set(channel, listeners.add(heard));
      // Unreachable now: the watcher polls, and the next try listens.
      await inTurn(async () => {
        const ready = await connected();
        await ready.query(`listen ${ready.escapeIdentifier(channel)}`);
      }).catch(() => retry(FIRST_PAUSE_MS));
      return () => {
        listeners.delete(heard);
        if (listeners.size > 0 || channels.get(channel) !== listeners) return;
        channels.delete(channel);
        inTurn(async () => {
          const ready = await client;
          await ready?.query(`unlisten ${ready.escapeIdentifier(channel)}`);
        }).catch(() => undefined);
      };
    },
    async close() {
      closed = true;
      channels.clear();
      await client?.then((ready) => ready.end()).catch(() => undefined);
    },
  };
}

/** Runs one work after the other: a client takes no second statement while it is at the first. */
function takeTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}

/** Connects and listens to all channels that are wanted. */
async function connect(
  connection: StoreConnection,
  applicationName: string,
  options: { channels: ReadonlyMap<string, ReadonlySet<Heard>>; lost: () => void },
): Promise<pg.Client> {
  const client = new pg.Client(clientConfig(connection, applicationName));
  client.on('notification', ({ channel, payload }) => {
    for (const heard of options.channels.get(channel) ?? []) heard(payload);
  });
  client.on('error', () => undefined);
  await client.connect();
  client.once('end', options.lost);
  for (const channel of options.channels.keys()) await client.query(`listen ${client.escapeIdentifier(channel)}`);
  return client;
}
