/** The deliverable: synthesis by the manager, then verification against the goal's criteria, bounded revisions. Workflow side. */
import type { Opening, VerdictSummary } from '../../core/contracts/calls.ts';
import type { CarriedDelivery } from '../../core/contracts/goal-input.ts';
import { pseudoTask } from '../../core/contracts/ids.ts';
import type { BlobRef } from '../../core/contracts/refs.ts';
import { callModel } from './call-model.ts';
import { type GoalRun, graphOf, setStatus } from './goal-run.ts';
import { label, reasonOf } from './label.ts';
import { Parked } from './parked.ts';
import { rethrowCancel } from './rethrow-cancel.ts';
import { notesFor } from './steer.ts';
import { unfinishedTasks } from './unfinished.ts';

/** Turns one deliverable may take when it is cut at the output limit. */
const MAX_TURNS = 6;
const MAX_REPAIRS = 2;
const START: Opening = { kind: 'start' };

/** What came of it. No `deliverable`: the results themselves are handed over. No `verdict`: nothing was verified. */
export interface Delivery {
  readonly deliverable?: BlobRef;
  readonly verdict?: VerdictSummary;
}

/**
 * Writes and verifies the deliverable as far as the goal asks for it. `continue`: a call would wait, and is to do so in
 * the workflow's next run. Throws only cancellation.
 */
export async function deliver(run: GoalRun): Promise<Delivery | 'continue'> {
  const before: Before = { costMicroUsd: run.costMicroUsd };
  try {
    return await (run.opened.limits.synthesis ? writeAndVerify(run, before) : verifyResults(run));
  } catch (error) {
    if (!(error instanceof Parked)) throw error;
    run.costMicroUsd = before.costMicroUsd;
    run.delivery ??= { revision: 0, opening: START };
    return 'continue';
  }
}

/** What the goal had cost before the revision at work: the next run gets its calls from the journal, and counts them. */
interface Before {
  costMicroUsd: number;
}

async function writeAndVerify(run: GoalRun, before: Before): Promise<Delivery> {
  const { revision: first = 0, opening: firstOpening = START, ...earlier } = run.delivery ?? {};
  let [opening, last]: [Opening, Delivery] = [firstOpening, earlier];
  for (let revision = first; revision <= run.opened.limits.maxRevisions; revision++) {
    before.costMicroUsd = run.costMicroUsd;
    announce(run, { revision, opening, ...last });
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

/** The step into a revision, told once: an earlier run of the workflow may have been at it. */
function announce(run: GoalRun, delivery: CarriedDelivery): void {
  setStatus(run, 'synthesising');
  if (run.delivery?.revision !== delivery.revision) run.outbox.emit('synthesis-start', { revision: delivery.revision });
  run.delivery = delivery;
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
    rethrowCancel(error);
    if (error instanceof Parked) throw error;
    run.fallbacks.push(label(`${step}.failed: ${reasonOf(error)}`));
    return undefined;
  }
}

async function synthesise(run: GoalRun, revision: number, opening: Opening): Promise<BlobRef | undefined> {
  const notes = opening.kind === 'start' ? notesFor(run) : [];
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
      ...(turn === 1 && notes.length > 0 ? { notes } : {}),
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
