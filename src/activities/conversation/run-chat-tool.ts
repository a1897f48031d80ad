/** Runs one tool call of the manager in a conversation: reads the store, stores a goal that is to be started. Activity side. */
import { goalAccount } from '../../core/contracts/budget.ts';
import type { RunChatToolInput, RunChatToolResult } from '../../core/contracts/conversation.ts';
import { conversationOf, pseudoTask } from '../../core/contracts/ids.ts';
import { MAX_LABEL_BYTES } from '../../core/contracts/limits.ts';
import { failure, failureType } from '../../core/failures.ts';
import { type GoalDetail, goalRequestSchema } from '../../core/goal.ts';
import { newGoalId } from '../../core/ids.ts';
import type { Json } from '../../core/json.ts';
import type { Store, ToolCallId } from '../../store/store.ts';
import { clipOutput } from '../tool-output.ts';
import { CHAT_TOOLS, isChatTool, START_GOAL } from './chat-tools.ts';

/** What a call comes to: words for the model, and what the workflow does. */
interface Outcome extends Omit<RunChatToolResult, 'isError'> {
  readonly output: Json;
  readonly isError?: boolean;
}

/** Goals and tasks that are listed. */
const MAX_LISTED = 20;
const MAX_TASKS = 50;

/** A repeat does the same again, which changes nothing, and tells the workflow the same; the first outcome stays. */
export async function runChatTool(store: Store, input: RunChatToolInput): Promise<RunChatToolResult> {
  const { goalId, tenant, number, turn, index } = input;
  const id: ToolCallId = { goalId, tenant, taskId: pseudoTask.chat, revision: number, turn, index };
  const { call, input: args } = await store.journal.toolCall(id, index);
  if (!isChatTool(call.name)) throw failure('tool.failed', `There is no tool ${call.name}.`);
  const { effect } = CHAT_TOOLS[call.name];
  await store.tools.begin(id, { name: call.name, effect, argsHash: call.argsHash });
  const { output, isError = false, ...left } = await outcomeOf(store, input, { name: call.name, args });
  const full = JSON.stringify({ tool: call.name, output });
  const content = await clipOutput(store, tenant, full);
  const bytes = Buffer.byteLength(full);
  const ended = { tool: call.name, effect, isError, bytes, turn };
  const started = left.start
    ? [{ type: 'chat-goal-started' as const, data: { number, goalId: left.start.goalId } }]
    : [];
  await store.tools.finish(id, {
    ...{ isError, bytes },
    content: { type: 'tool_result', tool_use_id: call.id, content, is_error: isError },
    events: [{ type: 'tool-end', taskId: pseudoTask.chat, data: ended }, ...started],
  });
  return { isError, ...left };
}

async function outcomeOf(
  store: Store,
  input: RunChatToolInput,
  { name, args }: { readonly name: keyof typeof CHAT_TOOLS; readonly args: Json },
): Promise<Outcome> {
  const parsed = CHAT_TOOLS[name].input.safeParse(args);
  if (!parsed.success) return refused(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  if (name === START_GOAL) return startGoal(store, input, args);
  if (name === 'list_goals') return { output: await newestGoals(store, input.tenant) };
  const { id } = parsed.data as { readonly id: string };
  const goal = await store.goals.detail(input.tenant, id);
  if (!goal) return refused([`there is no goal ${id}`]);
  if (name === 'goal_status') return { output: statusOf(goal) };
  if (name === 'read_deliverable') return { output: goal.deliverable ?? `Nothing yet: the goal is ${goal.status}.` };
  return cancelGoal(store, goal);
}

function refused(problems: readonly string[]): Outcome {
  return { output: `Not done: ${problems.slice(0, 5).join('; ')}.`, isError: true };
}

/** The goal is in the store with the key of the call before the workflow starts it, so that it starts once. */
async function startGoal(store: Store, input: RunChatToolInput, args: Json): Promise<Outcome> {
  if (input.verdict === 'deny') return refused(['the person did not allow it']);
  const { goalId: key, tenant, number, turn, index } = input;
  const conversationId = conversationOf(key) ?? '';
  const idempotencyKey = `conversation/${conversationId}/${number}/${turn}.${index}`;
  const request = goalRequestSchema.safeParse({ ...(args as object), idempotencyKey });
  if (!request.success)
    return refused(request.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  const simulated = (await store.conversations.get(tenant, conversationId))?.simulated ?? false;
  try {
    const goal = { goalId: newGoalId(), tenant, request: request.data, simulated, parentAccount: goalAccount(key) };
    const { goalId } = await store.goals.create(goal);
    const output = { id: goalId, status: 'started' };
    return { output, start: { goalId, label: labelOf(request.data.text) } };
  } catch (error) {
    if (failureType(error) !== 'goal.idempotency-conflict') throw error;
    return refused(['its key was used for another goal']);
  }
}

function labelOf(text: string): string {
  let label = '';
  for (const character of text.replace(/\s+/g, ' ').trim()) {
    if (Buffer.byteLength(label + character) > MAX_LABEL_BYTES - 4) return `${label}…`;
    label += character;
  }
  return label;
}

async function newestGoals(store: Store, tenant: string): Promise<Json> {
  const goals = await store.goals.list({ tenant, limit: MAX_LISTED });
  return goals.map(({ goalId, title, status, createdAt }) => ({ id: goalId, title, status, createdAt }));
}

function statusOf(goal: GoalDetail): Json {
  const { goalId, title, status, awaiting, reason, createdAt, endedAt, costMicroUsd } = goal;
  const tasks = goal.tasks
    .slice(0, MAX_TASKS)
    .map((task) => ({ id: task.taskId, title: task.title, status: task.status }));
  const hasDeliverable = goal.deliverable !== null;
  const costUsd = costMicroUsd / 1_000_000;
  return { id: goalId, title, status, awaiting, reason, createdAt, endedAt, costUsd, hasDeliverable, tasks };
}

async function cancelGoal(store: Store, { goalId, tenant, status, endedAt }: GoalDetail): Promise<Outcome> {
  if (endedAt !== null) return refused([`the goal has ended: ${status}`]);
  await store.goals.setStatus(tenant, goalId, 'cancelling');
  return { output: { id: goalId, status: 'cancelling' }, cancel: { goalId } };
}
