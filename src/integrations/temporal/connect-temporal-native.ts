/** Connection of workers to Temporal, over the native core. Host side. */
import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import type { ConnectOptions } from './connect-temporal.ts';
import { connectionFailure } from './connection-failure.ts';
import { type TemporalTarget, temporalTarget } from './temporal-target.ts';

const RETRY_MS = 250;

/** Like `connectTemporal`, for workers; on this machine without compression, which only costs time there. */
export async function connectTemporalNative(options: ConnectOptions): Promise<NativeConnection> {
  const { namespace, timeoutMs = 10_000 } = options;
  const target = temporalTarget(options.address, options.env);
  const deadline = Date.now() + timeoutMs;
  try {
    const connection = await connectUntil(target, deadline);
    try {
      await connection.withDeadline(deadline, () => connection.workflowService.describeNamespace({ namespace }));
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  } catch (error) {
    throw await connectionFailure(error, target, namespace);
  }
}

/** Tries until the deadline: the server may be a moment later than its workers. */
async function connectUntil(target: TemporalTarget, deadline: number): Promise<NativeConnection> {
  for (;;) {
    try {
      return await connectOnce(target, deadline);
    } catch (error) {
      if (Date.now() + RETRY_MS >= deadline) throw error;
      await delay(RETRY_MS);
    }
  }
}

async function connectOnce(target: TemporalTarget, deadline: number): Promise<NativeConnection> {
  const { address, loopback, tls, apiKey, metadata } = target;
  const connecting = NativeConnection.connect({
    ...{ address, tls, apiKey },
    ...(metadata ? { metadata } : {}),
    ...(loopback ? { grpcCompression: { codec: 'none' } } : {}),
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, deadline - Date.now()));
  });
  try {
    const connection = await Promise.race([connecting, late]);
    if (connection) return connection;
    // It may still come about: then nobody wants it any more.
    void connecting.then((unwanted) => unwanted.close()).catch(() => undefined);
    throw new Error('it does not answer in time');
  } finally {
    clearTimeout(timer);
  }
}
