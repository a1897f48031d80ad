/** The deliverable: synthesis by the manager, then verification against the goal's criteria, bounded revisions. Workflow side. */
import { isCancellation } from '@temporalio/workflow';
import type { Opening, VerdictSummary } from '../../core/contracts/calls.ts';
import { pseudoTask } from '../../core/contracts/ids.ts';
import type { BlobRef } from '../../core/contracts/refs.ts';
import { callModel } from './call-model.ts';
import { type GoalRun, graphOf, setStatus } from './goal-run.ts';
import { label, reasonOf } from './label.ts';
import { unfinishedTasks } from './unfinished.ts';

/** Turns one deliverable may take when it is cut at the output limit. */
const MAX_TURNS = 6;
const MAX_REPAIRS = 2;

/** What came of it. No `deliverable`: the results themselves are handed over. No `verdict`: nothing was verified. */
export interface Delivery {
  readonly deliverable?: BlobRef;
  readonly verdict?: VerdictSummary;
}

/** Writes and verifies the deliverable as far as the goal asks for it. Throws only cancellation. */
export async function deliver(run: GoalRun): Promise<Delivery> {
  if (!run.opened.limits.synthesis) return verifyResults(run);
  let opening: Opening = { kind: 'start' };
  let last: Delivery = {};
  for (let revision = 0; revision <= run.opened.limits.maxRevisions; revision++) {
    const deliverable = await guarded(run, 'synthesis', () => synthesise(run, revision, opening));
    if (!deliverable) return last;
    last = { deliverable };
    if (!asksForVerification(run)) return last;
    const verdict = await guarded(run, 'verify', () => verify(run, revision));
    if (!verdict) return last;
    last = { deliverable, verdict };
    if (verdict.passed || !verdict.feedback) return last;
    opening = { kind: 'revise', note: verdict.feedback };
  }
  return last;
}

/** Whether the outcome is to be verified and there is something to hold it against. */
export function asksForVerification(run: GoalRun): boolean {
  return run.opened.limits.verify !== 'off' && graphOf(run).skeleton.criteria > 0;
}

/** Without a synthesis the results themselves are the deliverable, and are held against the criteria as they stand. */
async function verifyResults(run: GoalRun): Promise<Delivery> {
  const verdict = asksForVerification(run) ? await guarded(run, 'verify', () => verify(run, 0)) : undefined;
  return verdict ? { verdict } : {};
}

/** A failure here costs the step, not the goal: it is listed among the fallbacks. */
async function guarded<T>(run: GoalRun, step: string, work: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    const value = await work();
    if (value === undefined) run.fallbacks.push(`${step}.unusable`);
    return value;
  } catch (error) {
    if (isCancellation(error)) throw error;
    run.fallbacks.push(label(`${step}.failed: ${reasonOf(error)}`));
    return undefined;
  }
}

async function synthesise(run: GoalRun, revision: number, opening: Opening): Promise<BlobRef | undefined> {
  setStatus(run, 'synthesising');
  run.outbox.emit('synthesis-start', { revision });
  for (let turn = 1; turn <= MAX_TURNS; turn++) {
    const { outcome } = await callModel(run, {
      activityId: `synthesis.${revision}.${turn}`,
      purpose: 'synthesis',
      taskId: pseudoTask.synthesis,
      revision,
      turn,
      agent: 'manager',
      tier: 'balanced',
      effort: 'M',
      opening,
      unfinished: unfinishedTasks(graphOf(run)),
    });
    if (outcome.kind === 'deliverable') return outcome.deliverable;
    if (outcome.kind !== 'continue') return undefined;
  }
  return undefined;
}

async function verify(run: GoalRun, revision: number): Promise<VerdictSummary | undefined> {
  setStatus(run, 'verifying');
  for (let repair = 0; repair <= MAX_REPAIRS; repair++) {
    const { outcome } = await callModel(run, {
      activityId: `verify.${revision}.${repair}`,
      purpose: 'verify',
      taskId: pseudoTask.verify,
      revision: revision * (MAX_REPAIRS + 1) + repair,
      turn: 1,
      agent: 'checker',
      tier: 'balanced',
      effort: 'M',
      opening: { kind: 'start' },
      subject: { taskId: pseudoTask.synthesis, revision },
      unfinished: unfinishedTasks(graphOf(run)),
    });
    if (outcome.kind === 'verdict') return outcome.verdict;
  }
  return undefined;
}
