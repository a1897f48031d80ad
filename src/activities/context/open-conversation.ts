/** The entries that open a revision's conversation: the request in words, then what is handed over as data. Host side. */
import { checkPrompt, verifyPrompt } from '../../agents/check-prompts.ts';
import { feedbackMessage } from '../../agents/feedback.ts';
import { planPrompt, replanPrompt } from '../../agents/plan-prompts.ts';
import { synthesisPrompt } from '../../agents/synthesis-prompt.ts';
import { taskPrompt } from '../../agents/task-prompt.ts';
import { failure } from '../../core/failures.ts';
import type { PlanTask } from '../../core/plan.ts';
import type { Store, TranscriptEntry } from '../../store/store.ts';
import type { CallFacts } from './call-context.ts';
import { handover, type Source } from './handover.ts';
import { criteriaOf } from './material.ts';
import { planTask } from './plan-task.ts';
import { DELIVERABLE } from './sources.ts';
import { FRESH_POSITION } from './transcript.ts';

/** Characters of results that a task, and a manager or checker, are handed at once. */
const TASK_BUDGET = 120_000;
const OVERVIEW_BUDGET = 300_000;

/** A fresh conversation, or the feedback on which an old one goes on. */
export async function openConversation(
  store: Pick<Store, 'blobs'>,
  facts: CallFacts,
  sources: readonly Source[],
): Promise<TranscriptEntry[]> {
  const { input } = facts;
  const { revision, opening } = input;
  if (opening.kind === 'revise') {
    const note = opening.note ? await store.blobs.getText(input.tenant, opening.note.hash) : 'Please revise.';
    return [{ revision, position: FRESH_POSITION + 1, role: 'user', content: feedbackMessage(note) }];
  }
  const request = requestText(facts);
  const text = opening.kind === 'retry' ? `${request}\n\n${feedbackMessage(retryNote(opening.reason))}` : request;
  const budget = input.purpose === 'task' ? TASK_BUDGET : OVERVIEW_BUDGET;
  const entries = [{ role: 'user' as const, content: text }, ...handover(sources, budget)];
  return entries.map((entry, position) => ({ ...entry, revision, position }));
}

/** Says that an attempt failed and in which way, in our words: what the agent said of it may come from what it read. */
function retryNote(reason: string | undefined): string {
  const kind = /^[a-z][a-z.-]*(?=:)/.exec(reason ?? '')?.[0] ?? 'failed';
  return `An earlier attempt at this task did not succeed (${kind}). This is a fresh attempt: find a way that avoids that.`;
}

function requestText(facts: CallFacts): string {
  const { input, snapshot } = facts;
  const planning = { agents: snapshot.agents, maxTasks: snapshot.maxTasks, synthesis: snapshot.limits.synthesis };
  const unfinished = input.unfinished ?? [];
  switch (input.purpose) {
    case 'plan':
      return planPrompt({ ...planning, ...(facts.rejected ? { rejected: facts.rejected } : {}) });
    case 'replan':
      return replanPrompt({ ...planning, plan: planOf(facts), unfinished, frozen: input.frozen ?? [] });
    case 'task':
      return taskPrompt(taskOf(facts, input.taskId));
    case 'check':
      return checkPrompt({ task: taskOf(facts, input.subject?.taskId ?? ''), criteria: criteriaOf(facts) });
    case 'synthesis':
      return synthesisPrompt({ plan: planOf(facts), unfinished });
    case 'chat':
      throw failure('internal.bug', 'a chat is put together by itself');
    case 'verify':
      return verifyPrompt({ criteria: criteriaOf(facts), unfinished, deliverableId: DELIVERABLE });
  }
}

function planOf({ plan }: CallFacts) {
  if (!plan) throw failure('internal.bug', 'the goal has no plan yet');
  return plan;
}

function taskOf(facts: CallFacts, id: string): PlanTask {
  const task = planTask(planOf(facts), id);
  if (!task) throw failure('internal.bug', `the plan has no task ${id}`);
  return task;
}
