/** The plan of the goal that is followed, asked about on the terminal as soon as it waits. Host side, terminal only. */
import type { PlanEditRequest } from '../../client/edit-plan.ts';
import type { OrchestratorClient } from '../../client/orchestrator-client.ts';
import type { ApprovalDetail } from '../../core/approval.ts';
import type { GoalEvent } from '../../core/events.ts';
import type { EditOperationInput } from '../../core/plan-edit.ts';
import { author } from '../author.ts';
import type { CliIo } from '../io.ts';
import { approvalLines } from '../view/approval.ts';
import { planDiffLines } from '../view/plan-diff.ts';
import { quoted } from '../view/typed.ts';
import { askToEdit } from './ask-to-edit.ts';
import { askForEdit } from './edit-on-terminal.ts';
import type { Viewer } from './viewer.ts';

/** What plans are asked about with. */
export interface PlanDesk {
  readonly io: Pick<CliIo, 'stderr'>;
  readonly client: Pick<OrchestratorClient, 'approvals' | 'approval' | 'decide' | 'previewEdit' | 'editPlan'>;
  readonly goalId: string;
}

/** A person's answer; undefined: it is left waiting. */
export type PlanAnswer =
  | { readonly verdict: 'approve' }
  | { readonly verdict: 'deny'; readonly note?: string }
  /** The edited plan is asked about in its turn. */
  | { readonly operations: readonly EditOperationInput[] };

/** Puts the questions to the person. */
export interface PlanQuestions {
  plan(item: ApprovalDetail, signal: AbortSignal): Promise<PlanAnswer | undefined>;
  /** Whether the edit that is shown is meant. */
  edit(): Promise<boolean>;
}

/** The viewer, which now asks about plans; what others decide meanwhile takes the question back. */
export function askingAboutPlans(viewer: Viewer, desk: PlanDesk, questions = ON_TERMINAL): Viewer {
  let open: AbortController | undefined;
  const takeBack = (): void => open?.abort();
  return {
    ...viewer,
    get wantsDetail() {
      return viewer.wantsDetail;
    },
    event(event) {
      viewer.event(event);
      if (endsQuestion(event)) takeBack();
      if (event.type !== 'approval-request' || event.data.kind !== 'plan') return;
      const controller = new AbortController();
      open = controller;
      decidePlan(viewer, desk, { itemId: String(event.data.itemId), signal: controller.signal, questions }).catch(
        (error: unknown) => viewer.note(`not decided: ${error instanceof Error ? error.message : String(error)}`),
      );
    },
    close() {
      takeBack();
      viewer.close();
    },
  };
}

function endsQuestion({ type }: GoalEvent): boolean {
  return type === 'approval-decided' || type === 'approval-withdrawn' || type === 'goal-end' || type === 'cancelling';
}

async function decidePlan(
  viewer: Viewer,
  desk: PlanDesk,
  { itemId, signal, questions }: { itemId: string; signal: AbortSignal; questions: PlanQuestions },
): Promise<void> {
  const { io, client, goalId } = desk;
  const [item] = (await client.approvals({ goalId })).filter((one) => one.itemId === itemId);
  // A goal that is watched later brings its old events.
  if (!item || signal.aborted) return;
  const seen = await client.approval(item.id);
  viewer.pause();
  io.stderr.write(`${approvalLines(seen).join('\n')}\n\n`);
  const answer = await questions.plan(seen, signal);
  const operations = answer && 'operations' in answer ? answer.operations : undefined;
  const meant = operations && (await showEdit(desk, operations, questions).finally(() => viewer.resume()));
  if (!operations) viewer.resume();
  if (signal.aborted) return;
  if (meant) await client.editPlan(goalId, meant);
  else if (answer && 'verdict' in answer)
    await client.decide(item.id, { ...answer, hash: seen.hash, author: author() });
  else
    viewer.note(
      `the plan waits: \`orchestrator approvals approve ${quoted(item.id)}\` lets it run, deny --note <text> sends it back`,
    );
}

/** What the edit comes to is shown; when it is meant, it is for exactly the plan that was shown. */
async function showEdit(
  { io, client, goalId }: PlanDesk,
  operations: readonly EditOperationInput[],
  questions: PlanQuestions,
): Promise<PlanEditRequest | undefined> {
  const request = { operations, author: author() };
  const seen = await client.previewEdit(goalId, request);
  io.stderr.write(`${planDiffLines(seen).join('\n')}\n\n`);
  return (await questions.edit()) ? { ...request, baseRevision: seen.baseRevision } : undefined;
}

const ON_TERMINAL: PlanQuestions = { plan: askOnTerminal, edit: askToEdit };

/** Escape and Ctrl-C leave it waiting. */
async function askOnTerminal({ plan }: ApprovalDetail, signal: AbortSignal): Promise<PlanAnswer | undefined> {
  const { isCancel, select, text } = await import('@clack/prompts');
  const choice = await select({
    message: 'May this plan run?',
    signal,
    options: [
      { value: 'approve', label: 'Approve it' },
      { value: 'edit', label: 'Edit it', hint: 'change or take out a task' },
      { value: 'change', label: 'Send it back', hint: 'say what is to be different; the manager plans again' },
      { value: 'deny', label: 'Reject it', hint: 'the goal ends' },
      { value: 'wait', label: 'Leave it waiting', hint: 'approvals list shows it again' },
    ],
  });
  if (choice === 'approve') return { verdict: 'approve' };
  if (choice === 'deny') return { verdict: 'deny' };
  if (choice === 'edit' && plan) {
    const operations = await askForEdit(plan, signal);
    return operations && { operations };
  }
  if (choice !== 'change') return undefined;
  const note = await text({ message: 'What is to be different?', signal });
  return isCancel(note) || !note.trim() ? undefined : { verdict: 'deny', note };
}
