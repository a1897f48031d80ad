/** One model call as the workflow sees it: ids in, outcome back, and waiting when a person is needed. Workflow side. */
import { ActivityFailure, ApplicationFailure, condition } from '@temporalio/workflow';
import { type RefusedSpend, refusedSpend } from '../../core/contracts/budget-ask.ts';
import type { CallModelResult } from '../../core/contracts/calls.ts';
import type { Awaiting } from '../../core/contracts/goal.ts';
import { failure, failureType } from '../../core/failures.ts';
import { endAwaiting, startAwaiting } from './awaiting.ts';
import { attemptInBatch } from './batch-call.ts';
import type { Waiter } from './budget-gate.ts';
import type { GoalRun } from './goal-run.ts';
import { interruptionOf } from './history-length.ts';
import { label, reasonOf } from './label.ts';
import { inputOf, type ModelCall } from './model-call.ts';
import { Parked } from './parked.ts';
import { whilePaused } from './pause.ts';
import { timeLeft } from './task-clock.ts';

/** What a person must mend before the same call is made again, and what the goal shows to wait for. */
const NEEDS_PERSON: ReadonlyMap<string, Awaiting> = new Map([
  ['model.credentials', 'credentials'],
  ['model.spend-limit', 'credentials'],
  ['control.halted', 'resume'],
]);

/** Not the call's fault: it waits as long as it takes, also beyond Temporal's attempts. */
const NEEDS_ROOM = new Set<unknown>(['model.no-capacity', 'model.rate-limited', 'model.overloaded']);

/**
 * Calls the model. A refused key or an exhausted account does not fail the task: the goal waits until somebody
 * resumes it, and the same call is made again; likewise when the goal's budget does not hold the call, unless the goal
 * is to end then: `budget.exhausted`. Other failures are thrown. A call that would wait while this run must end
 * throws `Parked`: the next run makes it.
 */
export async function callModel(run: GoalRun, call: ModelCall): Promise<CallModelResult> {
  const interrupted = interruptionOf(run, call.purpose);
  // Not waited for in vain: each promise of a workflow costs its worker time.
  if (run.paused) await whilePaused(run, interrupted);
  if (run.budget.spent) throw failure('budget.exhausted', 'the budget is used up');
  let place = run.budget.enter();
  for (let again = 0; ; again++) {
    // A person may resume the goal before the refusal is here.
    const { resumes } = run;
    try {
      const result = await (run.opened.limits.batch ? inBatch : attempt)(run, call, { again, interrupted });
      run.costMicroUsd += result.costMicroUsd;
      run.budget.leave();
      return result;
    } catch (error) {
      place = await afterFailure(run, { place, resumes, interrupted }, error);
    }
  }
}

/** A call that failed: its place at the gate, the resumes before it was made, and what ends waiting to make it again. */
interface Refusal {
  readonly place: Waiter;
  readonly resumes: number;
  interrupted(): boolean;
}

/** All attempts found no room; a call whose time is over failed for that. */
function hadNoRoom(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && NEEDS_ROOM.has(cause.type);
}

/** What the refusal says of the account; absent in failures of older workers. */
function refusalIn(error: unknown): RefusedSpend | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure ? refusedSpend(cause.details?.[0]) : undefined;
}

/** Gives the call's place at the gate when it is to be made again, throws what ends it. */
async function afterFailure(run: GoalRun, refusal: Refusal, error: unknown): Promise<Waiter> {
  const { place, resumes, interrupted } = refusal;
  const type = failureType(error) ?? '';
  if (type === 'budget.exhausted') {
    run.budgetReason = reasonOf(error);
    place.refusal = refusalIn(error);
    if (await run.budget.again(place, interrupted)) return place;
    throw run.budget.spent ? error : new Parked();
  }
  run.budget.leave();
  if (!hadNoRoom(error)) await untilMended(run, { resumes, interrupted }, error);
  else if (interrupted()) throw new Parked();
  return run.budget.enter();
}

/**
 * After a failure that a person must mend: waits until somebody resumes the goal. Throws `Parked` when it is interrupted,
 * and every other failure.
 */
export async function untilMended(
  run: GoalRun,
  { resumes, interrupted }: Pick<Refusal, 'resumes' | 'interrupted'>,
  error: unknown,
): Promise<void> {
  const what = NEEDS_PERSON.get(failureType(error) ?? '');
  if (what === undefined) throw error;
  startAwaiting(run, what, reasonOf(error));
  await condition(() => run.resumes > resumes || interrupted());
  if (run.resumes === resumes) throw new Parked();
  endAwaiting(run, what);
}

/** How often the call was made before, and what ends waiting to make it. */
interface Attempt {
  readonly again: number;
  interrupted(): boolean;
}

async function inBatch(run: GoalRun, call: ModelCall, how: Attempt): Promise<CallModelResult> {
  return (await attemptInBatch(run, call, how.interrupted)) ?? attempt(run, call, how);
}

function attempt(run: GoalRun, call: ModelCall, { again }: Attempt): Promise<CallModelResult> {
  const { activityId, clock } = call;
  const options = {
    activityId: again === 0 ? activityId : `${activityId}+${again}`,
    summary: summaryOf(call),
    ...timeLeft(run, clock),
  };
  return run.proxies.model.callModel.executeWithOptions(options, [inputOf(run, call)]);
}

/** What the Temporal Web UI shows of a call, e.g. `draft · revision 1 · turn 2 · writer (fast)`. */
function summaryOf({ purpose, taskId, subject, revision, turn, agent, tier }: ModelCall): string {
  const what = { task: taskId, check: `check of ${subject?.taskId}` }[purpose as 'task' | 'check'] ?? purpose;
  const parts = [what, ...(revision > 0 ? [`revision ${revision}`] : []), `turn ${turn}`, `${agent} (${tier})`];
  return label(parts.join(' · '));
}
