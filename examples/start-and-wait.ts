/**
 * Starts a goal, waits for its end and prints what came of it.
 *
 * An instance must run (`npx orchestrator up --simulate --detach`), then: `npx tsx examples/start-and-wait.ts`.
 * With a key and a real instance: `npx orchestrator up --detach` and SIMULATE=off.
 */
import { connectOrchestrator, OrchestratorError } from '../src/client/index.ts';

const client = await connectOrchestrator({ simulate: process.env.SIMULATE !== 'off' });
try {
  // The key makes a repeated run find the same goal, even when it has ended: nothing is paid twice.
  const { goalId, created } = await client.start({
    text: 'Compare keeping sensor readings of 200 devices in PostgreSQL, in files, and in a time series database.',
    tags: ['example'],
    idempotencyKey: 'example-start-and-wait-1',
  });
  console.log(created ? `started goal ${goalId}` : `found goal ${goalId}`);

  const result = await client.result(goalId);
  console.log(result.deliverable ?? 'There is no deliverable.');
  console.log(`${result.status}, ${(result.census.costMicroUsd / 1_000_000).toFixed(4)} USD`);
  process.exitCode = result.status === 'completed' ? 0 : 1;
} catch (error) {
  if (!(error instanceof OrchestratorError)) throw error;
  console.error(`${error.message}\n${error.remedy}`);
  process.exitCode = 1;
} finally {
  await client.close();
}
