/**
 * Replays stored histories on given workflow sources, in a process of its own:
 * node replay-histories.mjs WORKFLOWS DIR [MAX_BYTES]. Files larger than MAX_BYTES are left out. Beside Temporal's own
 * check it compares the arguments of every activity, which Temporal does not. Prints one JSON object per history:
 * { name, type, error: string | null, activities: number }.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Runtime, Worker } from '@temporalio/worker';
import { readArchive } from './read-archive.mjs';

const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const [workflows, dir, maxBytes] = process.argv.slice(2);
Runtime.install({ logger: silent, telemetryOptions: { logging: { forward: {}, filter: 'OFF' } } });
const interceptor = fileURLToPath(new URL('./record-arguments.ts', import.meta.url));
const workflowBundle = await bundleWorkflowCode({
  workflowsPath: resolve(workflows),
  workflowInterceptorModules: [interceptor],
  logger: silent,
});

/** Arguments by activity id, of the history that is being replayed: they are replayed one after the other. */
let heard = new Map();
const scheduled = { fn: (_info, { id, type, args }) => heard.set(id, `${type}(${args})`), callDuringReplay: true };
const histories = new Map(readArchive(dir, Number(maxBytes ?? Infinity)).map((each) => [each.name, each.history]));

for await (const { workflowId: name, error } of Worker.runReplayHistories(
  { workflowBundle, sinks: { arguments: { scheduled } } },
  inTurn(histories),
)) {
  const history = histories.get(name);
  const { differs, activities } = compare(history);
  const type = history.events[0].workflowExecutionStartedEventAttributes.workflowType.name;
  console.log(JSON.stringify({ name, type, error: reason(error) ?? differs, activities }));
}

/** Temporal's own words for what does not fit, without those around them. */
function reason(error) {
  if (!error) return undefined;
  const [, said] = /"(\[TMPRL1100\] [^"]*)"/.exec(error.message) ?? [];
  return said ?? `${error.name}: ${error.message}`.slice(0, 500);
}

function* inTurn(all) {
  for (const [workflowId, history] of all) {
    heard = new Map();
    yield { workflowId, history };
  }
}

/** The first activity whose recorded arguments are not those the code now gives. */
function compare(history) {
  let differs = null;
  let activities = 0;
  for (const event of history.events) {
    const attributes = event.activityTaskScheduledEventAttributes;
    if (!attributes) continue;
    activities += 1;
    const args = (attributes.input?.payloads ?? []).map((payload) =>
      Buffer.from(payload.data, 'base64').toString('utf8'),
    );
    const recorded = `${attributes.activityType.name}([${args.join(',')}])`;
    const now = heard.get(attributes.activityId);
    if (now !== recorded)
      differs ??= `activity ${attributes.activityId}: recorded ${recorded.slice(0, 500)}, now ${String(now).slice(0, 500)}`;
  }
  return { differs, activities };
}
