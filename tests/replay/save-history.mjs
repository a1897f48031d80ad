/** Saves one workflow's history as gzipped JSON: node save-history.mjs ADDRESS NAMESPACE WORKFLOW_ID RUN_ID FILE. */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const [address, namespace, workflowId, runId, file] = process.argv.slice(2);
const connection = await Connection.connect({ address });
const history = await new Client({ connection, namespace }).workflow.getHandle(workflowId, runId).fetchHistory();
writeFileSync(file, gzipSync(historyToJSON(history), { level: 9 }));
await connection.close();
