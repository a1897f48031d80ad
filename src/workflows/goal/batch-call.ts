/** One call of a batch goal, through a batch; live when that gives no answer. Workflow side. */
import { condition } from '@temporalio/workflow';
import type { CallModelResult } from '../../core/contracts/calls.ts';
import { failure } from '../../core/failures.ts';
import type { BatchedAnswer } from './batched-call.ts';
import type { GoalRun } from './goal-run.ts';
import { inputOf, type ModelCall } from './model-call.ts';
import { Parked } from './parked.ts';

/** Undefined when the call is to be made live. Throws what a live one throws; waiting is not the task's time. */
export async function attemptInBatch(
  run: GoalRun,
  call: ModelCall,
  interrupted: () => boolean,
): Promise<CallModelResult | undefined> {
  const { pollMs = 30_000 } = run.opened.limits.batch ?? {};
  const beganMs = Date.now();
  try {
    for (;;) {
      const answer = await run.batches.ask(inputOf(run, call), interrupted);
      if (answer.kind !== 'later') return resultOf(run, call, answer);
      if (await condition(interrupted, pollMs)) throw new Parked();
    }
  } finally {
    if (call.clock) call.clock.endsAtMs += Date.now() - beganMs;
  }
}

function resultOf(run: GoalRun, { taskId }: ModelCall, answer: BatchedAnswer): CallModelResult | undefined {
  switch (answer.kind) {
    case 'result':
      return answer.result;
    case 'refused':
      throw failure(answer.type, answer.message, answer.details ? { details: { ...answer.details } } : {});
    case 'failed':
      throw answer.error;
    case 'parked':
      throw new Parked();
    default:
      if (answer.kind === 'live' && answer.why) {
        run.fallbacks.push(`batch.${answer.why}:${taskId}`);
        run.outbox.emit('batch-fallback', { reason: answer.why }, taskId);
      }
      return undefined;
  }
}
