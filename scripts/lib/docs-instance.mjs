/** An instance in a folder of its own, on the production path, whose Claude is the simulator at two tempos. Scripts only. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DIST, ROOT } from './paths.mjs';

const execute = promisify(execFile);
const BIN = join(ROOT, 'bin/orchestrator.mjs');
/** Goals whose text holds this word are answered slowly, so that there is time to look. */
export const SLOW_WORD = 'warehouse';

/**
 * Starts it. `orchestrator` runs a command on it and gives what it prints as JSON; `stop` ends everything.
 * @param {string} dir an empty folder
 */
export async function startDocsInstance(dir) {
  const { demoBrain, startSimulator } = await import(`${DIST}/simulator/index.js`);
  const quick = demoBrain();
  const slow = demoBrain({ minLatencyMs: 3_000, maxLatencyMs: 30_000 });
  const simulator = await startSimulator({
    brain: (request) => (request.prompt.goal.includes(SLOW_WORD) ? slow(request) : quick(request)),
  });
  const env = instanceEnv(dir, { ANTHROPIC_API_KEY: 'made-up', ANTHROPIC_BASE_URL: simulator.url });
  const orchestrator = async (...args) => {
    const { stdout } = await execute(process.execPath, [BIN, ...args, '--json'], { env, maxBuffer: 64 * 1024 * 1024 });
    return JSON.parse(stdout);
  };
  const stop = async () => {
    await stopInstance(dir);
    await simulator.close();
  };
  try {
    await orchestrator('up', '--detach');
    const { temporal } = await orchestrator('status');
    return { orchestrator, stop, webUi: `${temporal.uiUrl}/namespaces/${temporal.namespace}/workflows` };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Ends the instance in `dir`, if one runs. */
export async function stopInstance(dir, ...flags) {
  await execute(process.execPath, [BIN, 'down', ...flags], { env: instanceEnv(dir) });
}

/** The environment of an instance in `dir` on free ports, without settings of the one who runs this. */
export function instanceEnv(dir, more = {}) {
  const foreign = /^(ANTHROPIC_|TEMPORAL_ADDRESS|TEMPORAL_NAMESPACE|ORCHESTRATOR_|DATABASE_URL)/;
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  return {
    ...own,
    ORCHESTRATOR_DATA_DIR: dir,
    ORCHESTRATOR_TEMPORAL__PORT: '0',
    ORCHESTRATOR_TEMPORAL__UI_PORT: '0',
    ...more,
  };
}

/** Waits until the goal is as `isSo` says; gives it. Throws after two minutes. */
export async function waitForGoal({ orchestrator }, goalId, isSo) {
  const end = Date.now() + 120_000;
  while (Date.now() < end) {
    const goal = await orchestrator('goals', 'show', goalId);
    if (isSo(goal)) return goal;
    await sleep(200);
  }
  throw new Error(`goal ${goalId} did not get where it should within two minutes`);
}
