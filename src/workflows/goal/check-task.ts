/** Holding a task's result against its criteria, and sending it back when it falls short. Workflow side. */
import { pseudoTask } from '../../core/contracts/ids.ts';
import { callModel } from './call-model.ts';
import { type GoalRun, graphOf } from './goal-run.ts';
import type { TaskContext, TaskEnd } from './task-context.ts';

/** Checker calls that may fail to give a usable answer before the result counts as unverified. */
const MAX_REPAIRS = 2;

/** `done` when the result passes; `revise` when the agent goes on with the feedback. */
export async function checkTask(run: GoalRun, context: TaskContext): Promise<TaskEnd | { readonly kind: 'revise' }> {
  const { state } = context;
  graphOf(run).schedule.setChecking(state.id);
  const verdict = await judge(run, context);
  if (verdict === undefined) {
    run.fallbacks.push(`check.unusable:${state.id}`);
    run.outbox.emit('task-end', { status: 'done' }, state.id);
    return { kind: 'done' };
  }
  if (verdict.passed) return { kind: 'done' };
  if (state.revisions >= run.opened.limits.maxRevisions) {
    return { kind: 'failed', reason: `criteria not met after ${state.revisions} revisions`, final: true };
  }
  state.revisions += 1;
  state.revision += 1;
  state.turn = 1;
  state.opening = { kind: 'revise', ...(verdict.feedback ? { note: verdict.feedback } : {}) };
  graphOf(run).schedule.setRunning(state.id);
  return { kind: 'revise' };
}

async function judge(run: GoalRun, { task, state, clock }: TaskContext) {
  for (let repair = 0; repair <= MAX_REPAIRS; repair++) {
    const { outcome } = await callModel(run, {
      activityId: `c${state.number}.${state.revision}.${repair}`,
      purpose: 'check',
      taskId: pseudoTask.check(task.id),
      // Revisions of the check: one block of numbers for each revision of the task, so that no key is used twice.
      revision: state.revision * (MAX_REPAIRS + 1) + repair,
      turn: 1,
      agent: 'checker',
      tier: 'balanced',
      effort: 'S',
      opening: { kind: 'start' },
      subject: { taskId: task.id, revision: state.revision },
      endsTask: true,
      clock,
    });
    if (outcome.kind === 'verdict') return outcome.verdict;
  }
  return undefined;
}
