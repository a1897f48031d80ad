/** Random sequences of what people can do to running goals: none is stuck, nothing acknowledged is lost, all replays (G10, G13, G14). */
import { setTimeout as sleep } from 'node:timers/promises';
import type { GoalEvent } from '../../src/core/events.ts';
import { OrchestratorError } from '../../src/core/failures.ts';
import { isTaskCall, type Rule, type SimulatedRequest, toolUse } from '../../src/simulator/index.ts';
import { PATIENCE_MS } from '../support/until.ts';
import { computed, computing, random, randomPlan } from './support/plans.ts';
import { replayGoals } from './support/replays.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

const GOALS = process.env.LONG === '1' ? 100 : 10;
const WAVE = 5;
const ACTIONS = 12;
const SEED = 11;
/** Refusals that tell the truth: the goal or the task has ended meanwhile, or the item was decided. */
const HONEST = new Set(['goal.closed', 'control.invalid', 'approval.unknown', 'budget.invalid']);

let system: System;
beforeAll(async () => {
  system = await startSystem({ simulator: { latencyMs: 60 } });
});
afterAll(() => system.close());

/** Every task first writes a file, which people must allow. */
const writes: Rule = {
  when: isTaskCall(),
  reply: (request: SimulatedRequest) =>
    request.prompt.turnsSoFar === 0
      ? toolUse('write_file', { path: `${request.prompt.taskId}.txt`, content: 'x' })
      : computed(request),
};

/** What was acknowledged, by the type of the event that must tell it. */
type Told = Map<GoalEvent['type'], number>;

/** One action, and the event that an acknowledged one leaves. */
type Action = (goalId: string, dice: () => number) => Promise<GoalEvent['type'] | undefined>;

const taskOf = async (goalId: string, dice: () => number): Promise<string> => {
  const { tasks } = await system.client.show(goalId);
  return tasks[Math.floor(dice() * tasks.length)]?.taskId ?? 'none';
};

const decideOne: Action = async (goalId, dice) => {
  const [item] = await system.client.approvals({ goalId });
  if (!item) return undefined;
  const verdict = dice() < 0.7 ? 'approve' : 'deny';
  const scope = dice() < 0.2 ? 'goal' : 'once';
  const { applied } = await system.client.decide(item.id, { verdict, scope, hash: item.hash });
  return applied ? 'approval-decided' : undefined;
};

const ACTIONS_OF_PEOPLE: readonly Action[] = [
  decideOne,
  decideOne,
  decideOne,
  async (goalId) => void (await system.client.pause(goalId)),
  async (goalId) => void (await system.client.resume(goalId)),
  async (goalId) => {
    await system.client.steer(goalId, { text: 'be brief' });
    return 'steered';
  },
  async (goalId, dice) => void (await system.client.cancelTask(goalId, { taskId: await taskOf(goalId, dice) })),
  async (goalId, dice) => {
    await system.client.raiseBudget(goalId, { budgetUsd: Math.round(100 + dice() * 1_000) });
    return 'budget-raised';
  },
  async (goalId) => {
    await system.client.halt({ goalId }, { reason: 'a storm' });
    await sleep(300);
    await system.client.release({ goalId });
    return undefined;
  },
];

async function act(goalId: string, seed: number, told: Told): Promise<void> {
  const dice = random(seed);
  for (let step = 0; step < ACTIONS; step++) {
    await sleep(dice() * 120);
    const action = ACTIONS_OF_PEOPLE[Math.floor(dice() * ACTIONS_OF_PEOPLE.length)] as Action;
    const type = await action(goalId, dice).catch((error: unknown) => {
      if (error instanceof OrchestratorError && HONEST.has(error.code)) return undefined;
      throw error;
    });
    if (type) told.set(type, (told.get(type) ?? 0) + 1);
  }
}

/** Lets the goal end: whatever still waits is decided, whatever is held is let go. */
async function letEnd(goalId: string): Promise<string> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(60)) {
    const { status } = await system.client.status(goalId);
    if (['completed', 'partial', 'failed', 'cancelled'].includes(status)) return status;
    await system.client.resume(goalId).catch(() => undefined);
    await decideOne(goalId, () => 0.5).catch(() => undefined);
  }
  throw new Error(`goal ${goalId} is stuck: ${JSON.stringify(await system.client.show(goalId)).slice(0, 1_000)}`);
}

async function storm(seed: number): Promise<string> {
  const told: Told = new Map();
  const policy = { rules: [{ tool: 'write_file', verdict: 'ask' as const }] };
  const goalId = await system.start(computing(writes), { plan: randomPlan(seed, 8), policy, budgetUsd: 50 });
  await Promise.all([act(goalId, seed, told), act(goalId, seed + 1_000, told)]);
  const status = await letEnd(goalId);
  const events = await system.store.events.read('default', goalId, 0, 10_000);
  for (const [type, count] of told) {
    const stories = events.filter((event) => event.type === type).length;
    expect([seed, type, stories >= count]).toEqual([seed, type, true]);
  }
  expect(events.at(-1)?.type).toBe('goal-end');
  return status;
}

describe('a storm of control actions', () => {
  it(`${GOALS} goals, two people each, ${ACTIONS} random actions a person → all end, every acknowledged one is told`, async () => {
    const statuses: string[] = [];
    for (let first = 0; first < GOALS; first += WAVE) {
      const wave = Array.from({ length: Math.min(WAVE, GOALS - first) }, (_, at) => storm(SEED + first + at));
      statuses.push(...(await Promise.all(wave)));
    }
    console.info(`control storm: ${statuses.toSorted().join(' ')}`);
    expect(statuses).toHaveLength(GOALS);
  }, 600_000);

  it('their histories → replay on the code of today (G14)', async () => {
    expect(await replayGoals(system)).toBe(GOALS);
  });

  leavesSoundHistories(() => system);
});
