/** The goal workflow when models give nothing usable: each step falls back, is listed, and the goal ends honestly. */
import type { CallModelInput, TurnOutcome } from '../../src/core/contracts/calls.ts';
import { failure } from '../../src/core/failures.ts';
import {
  deliverable,
  fakeActivities,
  NOT_PASSED,
  PASSED,
  type Script,
  skeleton,
  submitted,
  task,
} from './support/fake-activities.ts';
import { type GoalBench, keepHistory, openBench } from './support/run-goal.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const AGAIN: TurnOutcome = { kind: 'continue', why: 'truncated' };
const REFUSED: TurnOutcome = { kind: 'refused', reason: 'no' };

interface Case {
  readonly name: string;
  readonly what: string;
  readonly setup?: Omit<Parameters<typeof fakeActivities>[0], 'taskQueue' | 'script'>;
  /** What the call comes to; undefined: what it usually does. */
  readonly answer: (call: CallModelInput, nth: number) => TurnOutcome | undefined;
  readonly result: object;
  readonly fallbacks: readonly unknown[];
}

const oneTask = skeleton([task('a')]);

const CASES: readonly Case[] = [
  {
    name: 'check-unusable',
    what: 'the checker never gives a verdict → the task counts as done, unverified',
    setup: { given: oneTask, limits: { verify: 'each-task' } },
    answer: ({ purpose }) => (purpose === 'check' ? AGAIN : undefined),
    result: { status: 'completed' },
    fallbacks: ['check.unusable:a'],
  },
  {
    name: 'synthesis-fails',
    what: 'no deliverable can be written → partial, the results are there',
    setup: { given: oneTask, limits: { synthesis: true } },
    answer: ({ purpose }) => {
      if (purpose === 'synthesis') throw failure('model.bad-request', 'ü'.repeat(80));
      return undefined;
    },
    result: { status: 'partial', reason: 'the deliverable could not be written' },
    fallbacks: [expect.stringMatching(/^synthesis\.failed: model\.bad-request: ü+…$/)],
  },
  {
    name: 'synthesis-refused',
    what: 'the manager refuses to write → partial',
    setup: { given: oneTask, limits: { synthesis: true } },
    answer: ({ purpose }) => (purpose === 'synthesis' ? REFUSED : undefined),
    result: { status: 'partial', reason: 'the deliverable could not be written' },
    fallbacks: ['synthesis.unusable'],
  },
  {
    name: 'deliverable-revised',
    what: 'a deliverable cut once and sent back once → written again, verified',
    setup: { given: oneTask, limits: { synthesis: true, verify: 'final' } },
    answer: ({ purpose }, nth) => {
      if (purpose === 'synthesis') return nth === 1 ? AGAIN : deliverable(`number ${nth}`);
      return purpose === 'verify' && nth === 1 ? NOT_PASSED : undefined;
    },
    result: { status: 'completed' },
    fallbacks: [],
  },
  {
    name: 'deliverable-not-met',
    what: 'criteria that are never met → partial after the bounded revisions',
    setup: { given: oneTask, limits: { synthesis: true, verify: 'final', maxRevisions: 1 } },
    answer: ({ purpose }) => (purpose === 'verify' ? NOT_PASSED : undefined),
    result: { status: 'partial', reason: 'criteria of the goal are not all met' },
    fallbacks: [],
  },
  {
    name: 'synthesis-endless',
    what: 'a deliverable that is cut at every turn → given up',
    setup: { given: oneTask, limits: { synthesis: true } },
    answer: ({ purpose }) => (purpose === 'synthesis' ? AGAIN : undefined),
    result: { status: 'partial', reason: 'the deliverable could not be written' },
    fallbacks: ['synthesis.unusable'],
  },
  {
    name: 'verify-unusable',
    what: 'verification never gives a verdict → partial',
    setup: { given: oneTask, limits: { synthesis: true, verify: 'final' } },
    answer: ({ purpose }) => (purpose === 'verify' ? AGAIN : undefined),
    result: { status: 'partial', reason: 'the deliverable could not be verified' },
    fallbacks: ['verify.unusable'],
  },
  {
    name: 'plan-cut',
    what: 'a plan that is cut once → goes on in the next turn',
    answer: ({ purpose }, nth) => (purpose === 'plan' && nth === 1 ? AGAIN : undefined),
    result: { status: 'completed' },
    fallbacks: [],
  },
  {
    name: 'plan-endless',
    what: 'a plan that is cut at every turn → one-task fallback',
    answer: ({ purpose }) => (purpose === 'plan' ? AGAIN : undefined),
    result: { status: 'partial', reason: 'the plan was the one-task fallback' },
    fallbacks: ['plan.fallback'],
  },
  {
    name: 'plan-refused',
    what: 'the manager refuses to plan → one-task fallback',
    answer: ({ purpose }) => (purpose === 'plan' ? REFUSED : undefined),
    result: { status: 'partial' },
    fallbacks: ['plan.fallback'],
  },
  {
    name: 'replan-fails',
    what: 'the call for another plan fails → the old plan stands, dependents are skipped',
    setup: { given: skeleton([task('a'), task('x', [], { onFailure: 'replan' }), task('y', [1])]) },
    answer: ({ purpose, taskId }) => {
      if (purpose === 'replan') throw failure('model.bad-request', 'malformed');
      return taskId === 'x' ? REFUSED : undefined;
    },
    result: { status: 'partial', reason: 'not done: x, y' },
    fallbacks: ['replan.failed:x: model.bad-request: malformed'],
  },
  {
    name: 'replans-used-up',
    what: 'a further failure when all replans are used up → what needs it is skipped',
    setup: {
      limits: { maxReplans: 0 },
      given: skeleton([task('a'), task('x', [], { onFailure: 'replan' }), task('y', [1])]),
    },
    answer: ({ taskId }) => (taskId === 'x' ? REFUSED : undefined),
    result: { status: 'partial', reason: 'not done: x, y' },
    fallbacks: [],
  },
];

/** What a call comes to when a case says nothing else. */
function usual({ purpose }: CallModelInput): TurnOutcome {
  if (purpose === 'plan' || purpose === 'replan') return { kind: 'plan', skeleton: oneTask };
  if (purpose === 'synthesis') return deliverable();
  return purpose === 'check' || purpose === 'verify' ? PASSED : submitted();
}

describe('goalWorkflow without a usable answer', () => {
  it.each(CASES)('$name: $what', async ({ name, setup, answer, result, fallbacks }) => {
    const seen = new Map<string, number>();
    const script: Script = (call) => {
      const nth = (seen.get(call.purpose) ?? 0) + 1;
      seen.set(call.purpose, nth);
      return answer(call, nth) ?? usual(call);
    };
    const fake = fakeActivities({ taskQueue: bench.taskQueue, script, ...setup });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start(name);
      expect(await handle.result()).toMatchObject(result);
      await keepHistory(handle, name);
    });
    expect(fake.closed.map((closed) => closed.fallbacks)).toEqual([fallbacks]);
    const keys = fake.calls.map(({ taskId, revision, turn }) => `${taskId}/${revision}/${turn}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
