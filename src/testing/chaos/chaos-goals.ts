/** The goals of a chaos run, each from the seed and its number, so that every process knows what must come out. Test kit, pure. */
import type { GoalRequestInput } from '../../core/goal.ts';
import type { PlanInput } from '../../core/plan.ts';
import { expectedOutputs, planOf, randomPlan, task } from '../computed-plans.ts';
import { pick, random } from '../random.ts';

/** A goal: its request, the plan it runs (given, or the manager's answer), and what a person does to it. */
export interface ChaosGoal {
  readonly number: number;
  readonly request: GoalRequestInput;
  readonly plan: PlanInput;
  /** Outputs by task. */
  readonly outputs: ReadonlyMap<string, string>;
  /** Tasks that write their output into a file first: a turn with a tool call. */
  readonly writers: ReadonlySet<string>;
  /** From the acknowledgement to the cancel, ms. */
  readonly cancelAfterMs?: number;
}

/** One goal in so many. */
const ONE_IN = { planned: 4, synthesised: 5, budgeted: 6, partial: 18, cancelled: 10 } as const;
/** Share of tasks. */
const WRITING = 0.4;

/** USD: room for two or three reservations of a fast call, so that parallel tasks wait, and unknown spend uses it up. */
const TIGHT_USD = 0.02;

export function chaosGoal(seed: number, number: number): ChaosGoal {
  const next = random(seed * 100_003 + number);
  const is = (kind: keyof typeof ONE_IN): boolean => (number + seed) % ONE_IN[kind] === 0;
  // A tight budget holds fast calls only, and the manager's are dearer.
  const plan = shapeOf(next, is('budgeted'));
  const request: GoalRequestInput = {
    text: `Chaos goal ${number}`,
    ...(is('planned') && !is('budgeted') ? {} : { plan }),
    verify: 'off',
    synthesis: is('synthesised') && !is('budgeted'),
    ...(is('budgeted') ? { budgetUsd: TIGHT_USD, onBudget: is('partial') ? 'partial' : 'wait' } : {}),
    idempotencyKey: `chaos-${seed}-${number}`,
  };
  // The critic has no tool that writes.
  const writers = new Set(plan.tasks.filter(({ agent }) => next() < WRITING && agent !== 'critic').map(({ id }) => id));
  const parts = { number, request, plan, outputs: expectedOutputs(plan), writers };
  return is('cancelled') ? { ...parts, cancelAfterMs: Math.round(next() * 3_000) } : parts;
}

/** The file that a task of `writers` leaves in the goal's folder. */
export function fileOf(taskId: string): string {
  return `written/${taskId}.txt`;
}

/** The goal's number from its text, as the simulator sees it. */
export function numberOf(text: string): number {
  return Number(/^Chaos goal (\d+)/.exec(text)?.[1]);
}

function shapeOf(next: () => number, budgeted: boolean): PlanInput {
  const size = 3 + Math.floor(next() * 4);
  const ids = Array.from({ length: size }, (_, at) => `t${at}`);
  const shape = pick(next, ['chain', 'fan', 'random'] as const);
  if (shape === 'chain') return planOf(ids.map((id, at) => task(id, ids.slice(Math.max(0, at - 1), at))));
  if (shape === 'fan') {
    return planOf([task('first'), ...ids.map((id) => task(id, ['first'])), task('last', ids)]);
  }
  const plan = randomPlan(Math.floor(next() * 2 ** 31), size + 2);
  return budgeted ? planOf(plan.tasks.map((one) => ({ ...one, tier: 'fast' as const }))) : plan;
}
