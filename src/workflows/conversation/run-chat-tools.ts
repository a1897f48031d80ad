/** The tool calls of one turn in a conversation, one after the other; goals start as children that outlive it. Workflow side. */
import {
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  startChild,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import type { ApprovalTerms } from '../../core/contracts/approvals.ts';
import { goalAccount } from '../../core/contracts/budget.ts';
import type { ToolCall } from '../../core/contracts/calls.ts';
import type { RunChatToolInput, RunChatToolResult } from '../../core/contracts/conversation.ts';
import { goalWorkflowId, pseudoTask } from '../../core/contracts/ids.ts';
import { searchAttributes } from '../../core/contracts/messages.ts';
import type { goalWorkflow } from '../goal.ts';
import { chatActivities } from './activities.ts';
import type { Chat, Message } from './chat.ts';

/** Nobody is kept from talking on for longer. */
const TERMS: ApprovalTerms = { onExpiry: 'deny', expiresAfterMs: 3_600_000 };

/** Where the calls stand. */
interface Place {
  readonly message: Message;
  readonly turn: number;
}

/** Runs them; what a tool says is in the transcript. */
export async function runChatTools(chat: Chat, place: Place, calls: readonly ToolCall[]): Promise<void> {
  const { goalId, tenant } = chat.input;
  const { message, turn } = place;
  for (const call of calls) {
    const verdict = call.asks ? await verdictOn(chat, place, { ...call, asks: call.asks }) : undefined;
    const id = { goalId, tenant, number: message.number, turn, index: call.index };
    const input = { ...id, ...(verdict ? { verdict } : {}) };
    const result = await chat.lane.run(() => chatActivities.runChatTool(input));
    await carryOut(chat, result);
  }
}

type Verdict = NonNullable<RunChatToolInput['verdict']>;

/** What the person said with the message, or says now. */
async function verdictOn(
  { approvals }: Chat,
  { message, turn }: Place,
  { asks, index, name }: ToolCall & Required<Pick<ToolCall, 'asks'>>,
): Promise<Verdict> {
  if (message.startsGoals === 'deny') return 'deny';
  if (message.startsGoals === 'allow' || approvals.isAllowed(name)) return 'approve';
  const itemId = `c${message.number}.${turn}.${index}`;
  const where = { taskId: pseudoTask.chat, revision: message.number, turn, index };
  const decision = await approvals.ask({ itemId, ...asks, tool: name, ...where }, TERMS);
  approvals.forget(itemId);
  return decision?.verdict ?? 'deny';
}

/** Starts or cancels a goal; done before, or not possible any more: the store knows it, and so does who asks. */
async function carryOut(chat: Chat, { start, cancel }: RunChatToolResult): Promise<void> {
  try {
    if (start) await startGoal(chat, start);
    if (cancel) await getExternalWorkflowHandle(goalWorkflowId(cancel.goalId)).cancel();
  } catch (error) {
    if (isCancellation(error)) throw error;
    // A goal that is stored is started by `up`, too; a workflow that is gone needs no cancel.
  }
}

async function startGoal({ input }: Chat, { goalId, label }: NonNullable<RunChatToolResult['start']>): Promise<void> {
  const { tenant } = input;
  await startChild<typeof goalWorkflow>('goalWorkflow', {
    workflowId: goalWorkflowId(goalId),
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    cancellationType: ChildWorkflowCancellationType.ABANDON,
    workflowTaskTimeout: '10 seconds',
    staticSummary: label,
    typedSearchAttributes: [
      { key: searchAttributes.status, value: 'queued' },
      { key: searchAttributes.tenant, value: tenant },
    ],
    args: [{ goalId, tenant, parentAccount: goalAccount(input.goalId) }],
  });
}
