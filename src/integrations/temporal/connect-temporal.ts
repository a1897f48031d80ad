/** Connection of clients to Temporal. Host side. */
import { Client, Connection } from '@temporalio/client';
import { connectionFailure } from './connection-failure.ts';
import { repeatRequests } from './repeat-requests.ts';
import { temporalTarget } from './temporal-target.ts';

export interface ConnectOptions {
  /** host:port; default: what TEMPORAL_* says, else 127.0.0.1:7233. */
  readonly address?: string;
  readonly namespace: string;
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** Default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface TemporalConnection {
  readonly connection: Connection;
  readonly client: Client;
  close(): Promise<void>;
}

/**
 * Connects and checks that the namespace exists. Throws `temporal.unreachable`, `temporal.credentials`,
 * `temporal.namespace-missing` or `temporal.configuration` within about `timeoutMs`.
 */
export async function connectTemporal(options: ConnectOptions): Promise<TemporalConnection> {
  const { namespace, timeoutMs = 10_000 } = options;
  const target = temporalTarget(options.address, options.env);
  const { address, tls, apiKey, metadata } = target;
  const connection = Connection.lazy({
    ...{ address, tls, apiKey, connectTimeout: timeoutMs },
    ...(metadata ? { metadata } : {}),
    interceptors: [repeatRequests],
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 2_000 },
  });
  const deadline = Date.now() + timeoutMs;
  try {
    await connection.ensureConnected();
    await connection.withDeadline(deadline, () => connection.workflowService.describeNamespace({ namespace }));
  } catch (error) {
    await connection.close();
    throw await connectionFailure(error, target, namespace);
  }
  return { connection, client: new Client({ connection, namespace }), close: () => connection.close() };
}
