/**
 * A store that fails at random, and folders that cannot be written: right results or a clear error, nothing doubled,
 * nothing dropped (G24). LONG=1: 5 % of the statements in place of 1 %, more goals. SEED=<n>: other faults.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PlanInput } from '../../src/core/plan.ts';
import {
  allOf,
  blocked,
  isTaskCall,
  isTurn,
  type Rule,
  type SimulatedRequest,
  toolUse,
} from '../../src/simulator/index.ts';
import { modelCallKeys } from '../../src/testing/model-calls.ts';
import { canMount } from '../support/mounts.ts';
import { auditGoals } from './support/audit.ts';
import { computing, planOf, random, randomPlan, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { injectStoreFaults } from './support/store-faults.ts';
import { type System, startSystem } from './support/system.ts';

const FULL = process.env.LONG === '1';
const SEED = Number(process.env.SEED ?? 24);
const SHARE = FULL ? 0.05 : 0.01;
const GOALS = FULL ? 100 : 16;
const ABREAST = 16;

let system: System;
beforeAll(async () => {
  system = await startSystem({ simulator: { latencyMs: 20 } });
});
afterAll(() => system.close());

const someWrite: Rule = {
  when: allOf(isTaskCall(), isTurn(1), ({ prompt }) => /[05]$/.test(prompt.taskId ?? '')),
  reply: (request: SimulatedRequest) => toolUse('write_file', { path: `${request.prompt.taskId}.txt`, content: 'x' }),
};

async function runGoals(): Promise<Map<string, PlanInput>> {
  const goals = new Map<string, PlanInput>();
  let started = 0;
  const lane = async () => {
    while (started < GOALS) {
      const plan = randomPlan(SEED * 1_000 + started++, 8);
      const goalId = await system.start(computing(someWrite), { plan });
      goals.set(goalId, plan);
      await system.client.result(goalId, { signal: AbortSignal.timeout(180_000) });
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, lane));
  return goals;
}

/**
 * Why model calls were tried again, by the call's key: of what came before the last attempt, histories keep the last.
 * A machine with too much to do misses heartbeats, and loses what was not recorded then; the store's faults must not.
 */
async function whyRetried(goalIds: readonly string[]): Promise<Map<string, string>> {
  const reasons = new Map<string, string>();
  for (const goalId of goalIds) {
    const history = await system.temporal.workflow.getHandle(`goal-${goalId}`).fetchHistory();
    const keys = modelCallKeys(history);
    for (const { activityTaskStartedEventAttributes: started } of history.events ?? []) {
      const { scheduledEventId, lastFailure, attempt } = started ?? {};
      const key = keys.get(String(scheduledEventId));
      if (key === undefined || !lastFailure) continue;
      const reason = lastFailure.timeoutFailureInfo ? 'missed beat' : lastFailure.applicationFailureInfo?.type;
      reasons.set(key, Number(attempt) > 2 ? `several, ${reason}` : String(reason));
    }
  }
  return reasons;
}

/** How often each reason. */
function counted(reasons: Iterable<string>): string {
  const counts: Record<string, number> = {};
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1;
  return JSON.stringify(counts);
}

const itWithMounts = canMount() ? it : it.skip;

/** A goal that writes a file and reports what it was told. */
async function writeInto(mountOptions: string, bytes: number) {
  const workspaces = join(system.dataDir, 'workspaces');
  mkdirSync(workspaces, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', mountOptions, 'tmpfs', workspaces]);
  try {
    const told: string[] = [];
    const brain = computing(
      {
        when: allOf(isTaskCall(), isTurn(1)),
        reply: toolUse('write_file', { path: 'a.txt', content: 'x'.repeat(bytes) }),
      },
      {
        when: isTaskCall(),
        reply: ({ params }) => {
          told.push(JSON.stringify(params.messages.at(-1)?.content));
          return blocked('the file cannot be written');
        },
      },
    );
    return { result: await system.run(brain, { plan: planOf([task('a')]) }), told };
  } finally {
    execFileSync('umount', [workspaces]);
  }
}

describe('faults of the store', () => {
  it(
    `${SHARE * 100} % of all statements fail, ${GOALS} goals → all right, nothing doubled or dropped (G24)`,
    async () => {
      const faults = injectStoreFaults('orchestrator', SHARE, random(SEED));
      const goals = await runGoals().finally(() => faults.stop());
      const { calls, ledger, bill, paidTwice } = await auditGoals(system, goals);
      const reasons = await whyRetried([...goals.keys()]);
      const whyTwice = paidTwice.map((key) => reasons.get(key) ?? 'unknown');
      const { error, timeout, 'done-unheard': unheard } = faults.injected;
      process.stdout.write(
        `G24: ${goals.size} of ${GOALS} goals correct; ${faults.statements} statements, of which ${error} refused, ` +
          `${timeout} timed out, ${unheard} done but unheard; ${calls} calls, ${paidTwice.length} answered twice ` +
          `(${counted(whyTwice)}; tried again: ${counted(reasons.values())}); ` +
          `ledger ${ledger}, bill ${bill} micro-USD\n`,
      );
      expect(goals.size).toBe(GOALS);
      expect(Math.min(error, timeout, unheard)).toBeGreaterThan(0);
      expect(whyTwice.filter((reason) => /^(unknown|store)/.test(reason))).toEqual([]);
    },
    FULL ? 600_000 : 240_000,
  );

  itWithMounts('workspaces on a full disk → the agent is told, and the goal says why it failed (G24)', async () => {
    const { result, told } = await writeInto('size=4k', 9_000);
    expect(told.join()).toMatch(/no space left on device/i);
    expect(result).toMatchObject({ status: 'failed', reason: expect.stringMatching(/cannot be written/) });
  });

  itWithMounts('workspaces on a read-only disk → likewise (G24)', async () => {
    const { result, told } = await writeInto('size=4k,ro', 10);
    expect(told.join()).toMatch(/its disk cannot be written/);
    expect(result).toMatchObject({ status: 'failed', reason: expect.stringMatching(/cannot be written/) });
  });

  leavesSoundHistories(() => system);
});
