/**
 * Replays stored histories on given workflow sources, in a process of its own: node replay-histories.mjs WORKFLOWS DIR.
 * Beside Temporal's own check it compares the arguments of every activity, which Temporal does not. Prints one JSON
 * object per history: { name, error: string | null, activities: number }.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { bundleWorkflowCode, Runtime, Worker } from '@temporalio/worker';

const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const [workflows, dir] = process.argv.slice(2);
Runtime.install({ logger: silent, telemetryOptions: { logging: { forward: {}, filter: 'OFF' } } });
const interceptor = fileURLToPath(new URL('./record-arguments.ts', import.meta.url));
const workflowBundle = await bundleWorkflowCode({
  workflowsPath: resolve(workflows),
  workflowInterceptorModules: [interceptor],
  logger: silent,
});

for (const file of readdirSync(dir).sort()) {
  if (!file.endsWith('.json.gz')) continue;
  const history = JSON.parse(gunzipSync(readFileSync(join(dir, file))).toString('utf8'));
  const heard = new Map();
  const sinks = {
    arguments: {
      scheduled: { fn: (_info, { id, type, args }) => heard.set(id, `${type}(${args})`), callDuringReplay: true },
    },
  };
  const error = await replay(history, sinks);
  const { differs, activities } = compare(history, heard);
  console.log(JSON.stringify({ name: file.replace('.json.gz', ''), error: error ?? differs, activities }));
}

async function replay(history, sinks) {
  try {
    await Worker.runReplayHistory({ workflowBundle, sinks }, history);
    return null;
  } catch (error) {
    return `${error.name}: ${error.message}`.slice(0, 300);
  }
}

/** The first activity whose recorded arguments are not those the code now gives. */
function compare(history, heard) {
  let differs = null;
  let activities = 0;
  for (const event of history.events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (!scheduled) continue;
    activities += 1;
    const args = (scheduled.input?.payloads ?? []).map((payload) =>
      Buffer.from(payload.data, 'base64').toString('utf8'),
    );
    const recorded = `${scheduled.activityType.name}([${args.join(',')}])`;
    const now = heard.get(scheduled.activityId);
    if (now !== recorded)
      differs ??= `activity ${scheduled.activityId}: recorded ${recorded.slice(0, 300)}, now ${String(now).slice(0, 300)}`;
  }
  return { differs, activities };
}
