/** Worker versions on a real server: goals stay on their build, new ones begin on the current one, doctor shows which. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureTemporal } from '../../scripts/lib/ensure-temporal.mjs';
import { judgeBuilds } from '../../src/cli/doctor/builds.ts';
import type { Finding } from '../../src/cli/doctor/check.ts';
import { deployedBuilds } from '../../src/integrations/temporal/builds.ts';
import { connectTemporal } from '../../src/integrations/temporal/connect-temporal.ts';
import { type Brain, isTaskCall } from '../../src/simulator/index.ts';
import { until } from '../support/until.ts';
import { computed, computing, planOf, task } from './support/plans.ts';
import { runWorker, type System, startSystem } from './support/system.ts';

const BIN = fileURLToPath(new URL('../../bin/orchestrator.mjs', import.meta.url));
const DEPLOYMENT = `goals-${randomBytes(4).toString('hex')}`;
const BARE = { verify: 'off', synthesis: false } as const;
let system: System;
const stops = new Map<string, () => Promise<void>>();

beforeAll(async () => {
  system = await startSystem({ worker: false, claude: { idleTimeoutMs: 600_000 } });
});
afterAll(async () => {
  for (const stop of stops.values()) await stop();
  await system.close();
});

async function startBuild(buildId: string): Promise<void> {
  const { temporal, worker } = system.config;
  const config = {
    ...system.config,
    temporal: { ...temporal, deployment: DEPLOYMENT },
    worker: { ...worker, buildId },
  };
  stops.set(buildId, await runWorker({ ...system, config }));
  await until(async () => (await read()).builds.some((build) => build.buildId === buildId));
}

async function stopBuild(buildId: string): Promise<void> {
  await stops.get(buildId)?.();
  stops.delete(buildId);
}

/**
 * Runs the Temporal CLI as docs/user-guide.md writes it, against the test server. A build is listed before the server has seen
 * all of its queues: until then it cannot become the current one.
 */
async function temporalCli(line: string): Promise<void> {
  await until(() =>
    runTemporalCli(line).then(
      () => true,
      (error: Error) => {
        if (/missing active task queues/.test(error.message)) return false;
        throw error;
      },
    ),
  );
}

async function runTemporalCli(line: string): Promise<void> {
  const { address, namespace } = system;
  const args = line
    .split(' ')
    .slice(1)
    .map((word) => word.replaceAll('+', ' '));
  await promisify(execFile)(await ensureTemporal(), [...args, '--address', address, '--namespace', namespace, '--yes']);
}

/** What `orchestrator doctor` says of the deployment; `without` one in its own settings. */
async function doctorOnBuilds(without = false): Promise<Finding> {
  const { ANTHROPIC_API_KEY: _key, ...inherited } = process.env;
  const env = {
    ...inherited,
    NODE_OPTIONS: '',
    TEMPORAL_ADDRESS: system.address,
    ORCHESTRATOR_DATA_DIR: system.dataDir,
    ORCHESTRATOR_TEMPORAL__TASK_QUEUE: system.config.temporal.taskQueue,
    ...(without ? {} : { ORCHESTRATOR_TEMPORAL__DEPLOYMENT: DEPLOYMENT }),
  };
  const run = promisify(execFile)(process.execPath, [BIN, 'doctor', '--json'], { env, cwd: system.dataDir });
  // It exits with a code of its own when something is wrong.
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const builds = (JSON.parse(stdout) as Finding[]).find(({ name }) => name === 'Builds');
  if (!builds) throw new Error(`doctor says nothing of builds: ${stdout}`);
  return builds;
}

async function read() {
  const { client, close } = await connectTemporal({ address: system.address, namespace: system.namespace });
  return deployedBuilds(client, DEPLOYMENT).finally(close);
}

/** A goal of one task that is held until it is let go; `refused`: its key is refused first. */
async function startHeld() {
  let letGo = () => {};
  let held = false;
  const free = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const brain: Brain = computing({
    when: isTaskCall(),
    async reply(request) {
      held = true;
      await free;
      return computed(request);
    },
  });
  const goalId = await system.start(brain, { ...BARE, plan: planOf([task('a'), task('b', ['a'])]) });
  return { goalId, letGo: () => letGo(), isHeld: () => held };
}

/** The build that a goal's last workflow task ran on. */
async function buildOf(goalId: string): Promise<string | undefined> {
  const { raw } = await system.temporal.workflow.getHandle(`goal-${goalId}`).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? undefined;
}

describe('builds of a worker deployment', () => {
  it('two builds → an open goal stays on its own, new ones begin on the current one, doctor counts both', async () => {
    await startBuild('1.0.0');
    expect(judgeBuilds(DEPLOYMENT, await read())).toMatchObject({
      level: 'fail',
      detail: expect.stringContaining('no build is current'),
      remedy: `temporal worker deployment set-current-version --deployment-name ${DEPLOYMENT} --build-id 1.0.0`,
    });
    await temporalCli(
      `temporal worker deployment set-current-version --deployment-name ${DEPLOYMENT} --build-id 1.0.0`,
    );
    const first = await startHeld();
    await until(async () => first.isHeld());

    await startBuild('1.1.0');
    await temporalCli(
      `temporal worker deployment set-current-version --deployment-name ${DEPLOYMENT} --build-id 1.1.0`,
    );
    const second = await startHeld();
    await until(async () => second.isHeld());
    expect([await buildOf(first.goalId), await buildOf(second.goalId)]).toEqual(['1.0.0', '1.1.0']);
    await until(async () => (await read()).builds.every(({ openGoals }) => openGoals === 1));
    const finding = await doctorOnBuilds();
    expect(finding).toMatchObject({ level: 'ok' });
    // Other test files have goals on this server, on no build.
    const lines = finding.detail.split('\n').filter((line) => !line.startsWith('without a build'));
    expect(lines.sort()).toEqual(['1.0.0: 1 open goal', '1.1.0: 1 open goal (current)', `deployment ${DEPLOYMENT}`]);

    first.letGo();
    second.letGo();
    for (const { goalId } of [first, second])
      expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    expect([await buildOf(first.goalId), await buildOf(second.goalId)]).toEqual(['1.0.0', '1.1.0']);
    await until(async () => (await read()).builds.every(({ openGoals }) => openGoals === 0));
  });

  it('goals that wait for a person, moved to the current build → go on there when their own is gone', async () => {
    let refuse = true;
    const brain = computing({
      when: isTaskCall(),
      reply: (request) =>
        refuse
          ? { kind: 'error', status: 401, type: 'authentication_error', message: 'invalid x-api-key' }
          : computed(request),
    });
    const goalId = await system.start(brain, { ...BARE, plan: planOf([task('a')]) });
    await until(async () => (await system.client.show(goalId)).awaiting === 'credentials');
    expect(await buildOf(goalId)).toBe('1.1.0');
    await startBuild('1.2.0');
    await temporalCli(
      `temporal worker deployment set-current-version --deployment-name ${DEPLOYMENT} --build-id 1.2.0`,
    );
    const waiting = `OrchestratorAwaiting+IS+NOT+NULL+AND+TemporalWorkerDeployment='${DEPLOYMENT}'+AND+ExecutionStatus='Running'`;
    await temporalCli(
      `temporal workflow update-options --query ${waiting} --versioning-override-behavior auto_upgrade`,
    );
    await stopBuild('1.1.0');
    refuse = false;
    await system.client.resume(goalId);
    expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    expect(await buildOf(goalId)).toBe('1.2.0');
  });

  it('a worker without a deployment while a build is current → doctor says that it gets no new goals', async () => {
    expect(await doctorOnBuilds(true)).toMatchObject({
      level: 'fail',
      detail: `new goals go to build 1.2.0 of deployment ${DEPLOYMENT}, and no deployment is set here`,
      remedy: expect.stringContaining(`--deployment-name ${DEPLOYMENT} --unversioned`),
    });
  });
});
