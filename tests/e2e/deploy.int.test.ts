/** Another version of the workflows is deployed and rolled back while goals are open: none is lost, none fails (G15). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Brain, isTaskCall } from '../../src/simulator/index.ts';
import { changedBundle, type Edit } from '../support/changed-workflows.ts';
import { until } from '../support/until.ts';
import { computed, computing, planOf, task } from './support/plans.ts';
import { runWorker, type System, startSystem } from './support/system.ts';

const GOALS = process.env.LONG ? 50 : 8;
/** What G15 allows from the return of the version to the end of what had stood still. */
const RECOVERY_MS = 15_000;
/** Half of what an alarm may take (G13): the other half passes between two looks. */
const ALARM_MS = 30_000;
const ROOM_MS = 240_000;

const BODY = 'export async function runTask(run: GoalRun, task: TaskSkeleton): Promise<TaskEnd> {\n';
/** `code` at the beginning of every task. An import may stand anywhere in a module. */
const beforeTask = (code: string): Edit => ({
  file: 'goal/run-task.ts',
  from: BODY,
  to: `import { patched as isPatched, sleep as pause } from '@temporalio/workflow';\n${BODY}  ${code}\n`,
});
/** A timer before each task that waits for others, as a released workflow is changed: behind a patch. */
const PATCHED = beforeTask(
  "if (task.dependsOn.length > 0 && isPatched('2027-01-15-pause-before-task')) await pause(1);",
);
/** The same before each task, and not behind a patch: open goals do not fit. */
const UNPATCHED = beforeTask("await pause(1);\n  if (task.dependsOn.length > 99) isPatched('never');");

const PLAN = planOf([task('a'), task('b', ['a']), task('c', ['b'])]);
const BARE = { verify: 'off', synthesis: false } as const;

let system: System;
let folder: string;
let patchedBundle: string;
let unpatchedBundle: string;
let stop: (() => Promise<void>) | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'deploy-'));
  // A call that is held stays silent for as long as the test holds it.
  system = await startSystem({ worker: false, claude: { idleTimeoutMs: 600_000 }, simulator: {} });
  patchedBundle = await changedBundle(folder, 'patched', PATCHED);
  unpatchedBundle = await changedBundle(folder, 'unpatched', UNPATCHED);
}, ROOM_MS);

afterAll(async () => {
  await stop?.();
  await system.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The only worker from now on; no bundle: today's. */
async function deploy(bundle?: string): Promise<void> {
  await stop?.();
  stop = await runWorker(system, bundle);
}

/** A goal whose tasks are held until they are let go. */
interface HeldGoal {
  readonly goalId: string;
  readonly held: ReadonlySet<string>;
  letGo(...tasks: string[]): void;
}

async function startHeld(): Promise<HeldGoal> {
  const free = new Set<string>();
  const held = new Set<string>();
  const wakers = new Set<() => void>();
  const brain: Brain = computing({
    when: isTaskCall(),
    async reply(request) {
      const id = request.prompt.taskId ?? '';
      held.add(id);
      while (!free.has(id)) await new Promise<void>((resolve) => wakers.add(resolve));
      return computed(request);
    },
  });
  const goalId = await system.start(brain, { ...BARE, plan: PLAN });
  return {
    goalId,
    held,
    letGo(...tasks) {
      for (const id of tasks) free.add(id);
      for (const wake of wakers) wake();
    },
  };
}

const allHeld = (goals: readonly HeldGoal[], id: string) =>
  until(() => goals.every(({ held }) => held.has(id)), `${id} of every goal is held`);

/** Reasons of failed workflow tasks of a goal. */
async function failedTasks({ goalId }: HeldGoal): Promise<string[]> {
  const { events } = await system.temporal.workflow.getHandle(`goal-${goalId}`).fetchHistory();
  return (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
    failed?.failure?.message ? [failed.failure.message] : [],
  );
}

const standsStill = async (goal: HeldGoal) => (await failedTasks(goal)).some((reason) => reason.includes('TMPRL1100'));

async function statusOf({ goalId }: HeldGoal): Promise<string> {
  return (await system.temporal.workflow.getHandle(`goal-${goalId}`).describe()).status.name;
}

/** What looks for stuck goals finds each of them, and nothing else; gives the milliseconds it took. */
async function alarmed(goals: readonly HeldGoal[]): Promise<number> {
  const from = Date.now();
  const ids = goals.map(({ goalId }) => goalId).sort();
  let findings: Awaited<ReturnType<typeof system.client.examine>>['findings'] = [];
  await until(
    async () => {
      ({ findings } = await system.client.examine());
      const failing = findings.filter(({ kind }) => kind === 'workflow-failing');
      return failing.length === ids.length && failing.every(({ detail }) => detail.includes('TMPRL1100'));
    },
    () => `a report of every goal that stands still, but ${JSON.stringify(findings)},`,
  );
  expect(findings.map(({ goalId }) => goalId).sort()).toEqual(ids);
  return Date.now() - from;
}

/** All goals completed, and their workflows with them, which end a moment later; gives the milliseconds the goals took. */
async function completed(goals: readonly HeldGoal[]): Promise<number> {
  const from = Date.now();
  const results = await Promise.all(goals.map(({ goalId }) => system.result(goalId)));
  expect(results.map(({ status }) => status)).toEqual(goals.map(() => 'completed'));
  const tookMs = Date.now() - from;
  const ended = async () => (await Promise.all(goals.map(statusOf))).every((status) => status === 'COMPLETED');
  await until(ended, 'the workflows of completed goals have ended');
  return tookMs;
}

const startGoals = (count: number) => Promise.all(Array.from({ length: count }, () => startHeld()));

describe('deploying another version with goals open', () => {
  it(
    'a patched version, and back → all finish; what is past the patch stands still until it returns (G15)',
    async () => {
      await deploy();
      const goals = await startGoals(GOALS);
      const [past, notPast] = [goals.slice(0, GOALS / 2), goals.slice(GOALS / 2)];
      await allHeld(goals, 'a');

      await deploy(patchedBundle);
      for (const goal of past) goal.letGo('a');
      await allHeld(past, 'b');

      await deploy();
      for (const goal of notPast) goal.letGo('a', 'b', 'c');
      for (const goal of past) goal.letGo('b', 'c');
      await completed(notPast);
      await until(
        async () => (await Promise.all(past.map(standsStill))).every(Boolean),
        'what is past the patch stands still',
      );
      expect(await Promise.all(past.map(statusOf))).toEqual(past.map(() => 'RUNNING'));
      const alarmMs = await alarmed(past);
      expect(alarmMs).toBeLessThanOrEqual(ALARM_MS);

      await deploy(patchedBundle);
      const tookMs = await completed(past);
      expect(tookMs).toBeLessThanOrEqual(RECOVERY_MS);
      process.stdout.write(
        `G15 patched: ${goals.length} goals, ${past.length} stood still, reported after ${alarmMs} ms, ` +
          `all finished ${tookMs} ms after it returned\n`,
      );
    },
    ROOM_MS,
  );

  it(
    'a patched version that stays → goals of both versions finish on it (G15)',
    async () => {
      await deploy();
      const old = await startGoals(GOALS);
      await allHeld(old, 'a');
      await deploy(patchedBundle);
      const fresh = await startGoals(2);
      for (const goal of [...old, ...fresh]) goal.letGo('a', 'b', 'c');
      await completed([...old, ...fresh]);
      expect((await Promise.all([...old, ...fresh].map(failedTasks))).flat()).toEqual([]);
    },
    ROOM_MS,
  );

  it(
    'a version that open goals do not fit, and back → they stand still, none fails, all finish (G15)',
    async () => {
      await deploy();
      const goals = await startGoals(GOALS);
      await allHeld(goals, 'a');

      await deploy(unpatchedBundle);
      for (const goal of goals) goal.letGo('a', 'b', 'c');
      await until(async () => (await Promise.all(goals.map(standsStill))).every(Boolean), 'all stand still');
      expect(await Promise.all(goals.map(statusOf))).toEqual(goals.map(() => 'RUNNING'));
      const alarmMs = await alarmed(goals);
      expect(alarmMs).toBeLessThanOrEqual(ALARM_MS);

      await deploy();
      const tookMs = await completed(goals);
      expect(tookMs).toBeLessThanOrEqual(RECOVERY_MS);
      process.stdout.write(
        `G15 unpatched: ${goals.length} goals stood still, reported after ${alarmMs} ms, ` +
          `all finished ${tookMs} ms after the old one returned\n`,
      );
    },
    ROOM_MS,
  );

  it(
    'two workers with different code on one queue (bad input 91) → what the other cannot replay is tried until the fitting one takes it',
    async () => {
      await deploy();
      const goals = await startGoals(2);
      await allHeld(goals, 'a');
      await deploy(unpatchedBundle);
      for (const goal of goals) goal.letGo('a', 'b', 'c');
      await until(async () => (await Promise.all(goals.map(standsStill))).every(Boolean), 'both stand still');

      const stopFitting = await runWorker(system);
      try {
        // They may begin at either worker, and stay there.
        const fresh = await startGoals(4);
        for (const goal of fresh) goal.letGo('a', 'b', 'c');
        const from = Date.now();
        const results = await Promise.all(
          [...goals, ...fresh].map(({ goalId }) =>
            system.client.result(goalId, { signal: AbortSignal.timeout(ROOM_MS - 60_000) }),
          ),
        );
        expect(results.map(({ status }) => status)).toEqual(results.map(() => 'completed'));
        process.stdout.write(`two codes: ${results.length} goals completed after ${Date.now() - from} ms\n`);
      } finally {
        await stopFitting();
      }
    },
    ROOM_MS,
  );
});
