/**
 * Replays workflows on a bundle: node replay-goals.mjs BUNDLE ADDRESS NAMESPACE WORKFLOW_ID… Prints
 * { replayed, failed: [id, message][] }. A process of its own: in the test's it would leave Temporal's promise hooks behind, which
 * compile a function for every promise that any later file makes there.
 */
import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';

const [codePath, address, namespace, ...workflowIds] = process.argv.slice(2);
const connection = await Connection.connect({ address });
const { workflow } = new Client({ connection, namespace });
const failed = [];
let replayed = 0;
for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, histories())) {
  replayed += 1;
  if (error) failed.push([workflowId, error.message]);
}
await connection.close();
console.log(JSON.stringify({ replayed, failed }));

async function* histories() {
  for (const workflowId of workflowIds) {
    yield { workflowId, history: await workflow.getHandle(workflowId).fetchHistory() };
  }
}
