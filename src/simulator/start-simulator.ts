/** Starts the Claude simulator: an HTTP server that speaks the Messages API without a model. Host side. */
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBatchStore } from './batches.ts';
import type { Context, Latency } from './context.ts';
import type { Brain } from './contract.ts';
import { handleRequest, routesOf } from './http/router.ts';
import { createPromptCache } from './messages/prompt-cache.ts';
import { DEFAULT_MODELS, type ModelSize } from './models.ts';
import { createRateLimiter, type RateLimits } from './rate-limits.ts';
import { createRequestLog, type RequestLog } from './request-log.ts';

export interface SimulatorOptions {
  readonly brain: Brain;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Shortest prefix that is cached, in tokens. Default 1,024. */
  readonly minCacheTokens?: number;
  /** Wait before the response headers, ms, unless the reply says its own. Default 0. */
  readonly latencyMs?: Latency;
  /** Keys that are accepted. Default: any. */
  readonly validKeys?: readonly string[];
  /** Models by id, in place of the known ones. */
  readonly models?: Readonly<Record<string, ModelSize>>;
  /** Enforced limits. Default none. */
  readonly limits?: RateLimits;
  /** Time before a batch is worked off, ms. Default 50. */
  readonly batchDelayMs?: number;
  /** Requests of batches that are not answered before the batch expires, by their custom id and body. Default none. */
  readonly batchExpires?: (customId: string, params: unknown) => boolean;
  /** Requests kept in the log's list. Default 5,000. */
  readonly logCapacity?: number;
  /** Clock in epoch ms, for cache lifetimes and limits. */
  readonly now?: () => number;
}

export interface Simulator {
  /** Base address without a slash at the end; what `ANTHROPIC_BASE_URL` takes. */
  readonly url: string;
  readonly requests: RequestLog;
  /** What brains have thrown so far. */
  readonly scriptErrors: readonly Error[];
  /** Throws when a brain has thrown: a scenario ran out, no rule matched. */
  assertNoScriptErrors(): void;
  /** Ends all connections, stalled ones too. */
  close(): Promise<void>;
}

const MAX_PAUSED_TEXTS = 1_000;

/** Ids that never repeat, across restarts too: a transcript may outlive the simulator. */
function idSource(): (prefix: string) => string {
  const start = randomBytes(5).toString('hex');
  let count = 0;
  return (prefix) => {
    count += 1;
    return `${prefix}_sim${start}${count.toString(36).padStart(6, '0')}`;
  };
}

function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address() as AddressInfo;
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
      resolve(`http://${name}:${address.port}`);
    });
  });
}

function createContext(options: SimulatorOptions, closing: AbortSignal, url: () => string): Context {
  const now = options.now ?? Date.now;
  const models = options.models ?? DEFAULT_MODELS;
  const paused = new Set<string>();
  const rememberPause = (text: string): void => {
    paused.add(text);
    const oldest = paused.values().next().value;
    if (paused.size > MAX_PAUSED_TEXTS && oldest !== undefined) paused.delete(oldest);
  };
  return {
    brain: options.brain,
    latency: options.latencyMs ?? 0,
    batchDelayMs: options.batchDelayMs ?? 50,
    batchExpires: options.batchExpires ?? (() => false),
    models,
    validKeys: options.validKeys,
    cache: createPromptCache(options.minCacheTokens ?? 1_024, now),
    limiter: createRateLimiter(options.limits ?? {}, now),
    log: createRequestLog(options.logCapacity ?? 5_000, now),
    rules: { models, isPaused: (text) => paused.has(text) },
    rememberPause,
    scriptErrors: [],
    nextId: idSource(),
    now,
    closing,
    url,
  };
}

/** Starts the simulator on loopback. Rejects with the system's error when the port is taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const closing = new AbortController();
  // One listener per request in flight.
  setMaxListeners(0, closing.signal);
  let url = '';
  const context = createContext(options, closing.signal, () => url);
  const routes = routesOf(context, createBatchStore(context));
  const server = createServer((request, response) => {
    handleRequest(context, routes, { request, response }).catch(() => response.destroy());
  });
  server.on('connection', (socket) => socket.setNoDelay(true));
  url = await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  return {
    url,
    requests: context.log,
    scriptErrors: context.scriptErrors,
    assertNoScriptErrors() {
      const [first, ...others] = context.scriptErrors;
      if (!first) return;
      const more = others.length > 0 ? ` (and ${others.length} more)` : '';
      throw new Error(`Simulator script failed: ${first.message}${more}`, { cause: first });
    },
    close() {
      closing.abort();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
