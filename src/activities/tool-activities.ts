/** Runs the tool calls of recorded turns: once each, journalled, their output kept as untrusted data. Activity side. */
import { join } from 'node:path';
import { isNativeError } from 'node:util/types';
import type Anthropic from '@anthropic-ai/sdk';
import type { ToolActivities } from '../core/contracts/activities.ts';
import type { RunToolInput, RunToolResult, ToolCall } from '../core/contracts/calls.ts';
import { failure } from '../core/failures.ts';
import type { Json } from '../core/json.ts';
import type { Store, ToolCallId } from '../store/store.ts';
import { upstreamOf } from '../tasks/upstream.ts';
import type { ToolCatalog } from '../tools/catalog.ts';
import { toolsOf } from '../tools/catalog.ts';
import type { Tool, ToolOutput } from '../tools/tool.ts';
import { createAttempts } from './attempts.ts';
import type { HaltWatch } from './halt-watch.ts';
import type { Pinned } from './pinned.ts';
import { clipOutput } from './tool-output.ts';
import { approvalHash, trustOf, verdictOn } from './tool-policy.ts';

/** What tool calls need. `workspaces` is the folder that holds one folder per goal. */
export interface ToolDeps {
  readonly store: Store;
  readonly pinned: Pinned;
  readonly catalog: ToolCatalog;
  readonly workspaces: string;
  readonly halts: HaltWatch;
}

/** Activities of `tools` workers. */
export function createToolActivities(deps: ToolDeps): ToolActivities {
  const attempts = createAttempts();
  return {
    runTool: (input) =>
      attempts.run(input, (beating) => deps.halts.guard(input, beating, (signal) => runTool(deps, input, signal))),
  };
}

async function runTool(deps: ToolDeps, input: RunToolInput, signal: AbortSignal): Promise<RunToolResult> {
  const { store } = deps;
  const id: ToolCallId = input;
  const { call, input: args } = await store.journal.toolCall(id, input.index);
  const tool = await allowedTool(deps, input, call.name);
  const state = await store.tools.begin(id, { name: call.name, effect: tool.effect, argsHash: call.argsHash });
  if (state.state === 'done') return { isError: state.isError, bytes: state.bytes };
  if (state.state === 'intent' && !tool.repeatable) {
    throw failure('tool.outcome-unknown', `${call.name} was started before and its outcome is not known.`);
  }
  const refusal = await refusalOf(deps, input, { call, args });
  const output = refusal ?? (await attempt(deps, { tool, args, input, signal }));
  const full = JSON.stringify({ tool: call.name, output: output.text });
  const content = await clipOutput(store, input.tenant, full);
  const isError = output.isError === true;
  const block: Anthropic.ToolResultBlockParam = {
    type: 'tool_result',
    tool_use_id: call.id,
    content,
    is_error: isError,
  };
  const bytes = Buffer.byteLength(full);
  const event = { tool: call.name, effect: tool.effect, isError, bytes, turn: input.turn };
  await store.tools.finish(id, {
    isError,
    content: block as unknown as Json,
    bytes,
    events: [{ type: 'tool-end', taskId: input.taskId, data: event }],
  });
  return { isError, bytes };
}

async function allowedTool(deps: ToolDeps, input: RunToolInput, name: string): Promise<Tool> {
  const snapshot = await deps.pinned.snapshot(input.tenant, input.snapshot);
  const agent = snapshot.agents.find((candidate) => candidate.name === input.agent);
  const tool = agent && toolsOf(agent, deps.catalog).find((candidate) => candidate.name === name);
  if (!tool) throw failure('tool.failed', `Agent ${input.agent} may not use ${name}, or this worker does not have it.`);
  return tool;
}

/** Why the call is not run: policy denies it, or a person had to allow exactly this and did not. */
async function refusalOf(
  { pinned, store }: ToolDeps,
  input: RunToolInput,
  { call, args }: { call: ToolCall; args: Json },
): Promise<ToolOutput | undefined> {
  const { tenant, taskId, decision } = input;
  const snapshot = await pinned.snapshot(tenant, input.snapshot);
  const trust = await trustOf(store, { snapshot, plan: await pinned.plan(tenant, input.plan) }, input);
  const { verdict, why } = verdictOn(snapshot, { tool: call.name, agent: input.agent, arguments: args }, trust);
  if (verdict === 'deny') return { text: `Not allowed: ${why}.`, isError: true };
  if (verdict === 'allow') return undefined;
  const hash = approvalHash({ tool: call.name, argsHash: call.argsHash, taskId });
  if (decision?.verdict === 'approve' && decision.hash === hash) return undefined;
  return { text: await denialText(store, tenant, decision), isError: true };
}

async function denialText(
  store: ToolDeps['store'],
  tenant: string,
  decision: RunToolInput['decision'],
): Promise<string> {
  if (decision?.verdict !== 'deny') return 'Not allowed: nobody has approved exactly this call.';
  if (decision.by === 'expiry') return 'Not allowed: nobody decided in time.';
  const note = decision.note ? `: ${await store.blobs.getText(tenant, decision.note.hash)}` : '.';
  return `A person has denied this call${note}`;
}

interface ToolAttempt {
  readonly tool: Tool;
  readonly args: Json;
  readonly input: RunToolInput;
  readonly signal: AbortSignal;
}

/** Runs the tool; bad arguments and errors of the tool itself become words for the model. */
async function attempt(deps: ToolDeps, { tool, args, input, signal }: ToolAttempt): Promise<ToolOutput> {
  const parsed = tool.input.safeParse(args);
  if (!parsed.success) {
    const problems = parsed.error.issues
      .slice(0, 5)
      .map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`);
    return { text: `The arguments do not fit: ${problems.join('; ')}`, isError: true };
  }
  const { goalId, tenant, taskId } = input;
  const plan = await deps.pinned.plan(tenant, input.plan);
  const upstream = upstreamOf(plan, taskId);
  const workspace = join(deps.workspaces, tenant, goalId);
  const note = input.decision?.verdict === 'approve' ? input.decision.note : undefined;
  const answer = note ? { answer: await deps.store.blobs.getText(tenant, note.hash) } : {};
  try {
    return await tool.run(parsed.data, {
      goalId,
      tenant,
      taskId,
      upstream,
      workspace,
      store: deps.store,
      signal,
      ...answer,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    const message = isNativeError(error) ? error.message : 'it threw something that is not an error';
    return { text: `${tool.name} failed: ${message.slice(0, 500)}`, isError: true };
  }
}
