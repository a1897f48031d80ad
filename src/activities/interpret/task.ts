/** A task turn: tool calls to run, a submission, or neither. Host side, pure. */
import { createHash } from 'node:crypto';
import type Anthropic from '@anthropic-ai/sdk';
import type { ToolCall } from '../../core/contracts/calls.ts';
import { MAX_LABEL_BYTES, MAX_TOOL_CALLS_PER_TURN } from '../../core/contracts/limits.ts';
import { canonicalJson, type Json } from '../../core/json.ts';
import { ASK_PERSON_TOOL, SUBMIT_TOOL } from '../../core/prompt-tags.ts';
import { type Submission, submissionSchema } from '../../core/submission.ts';
import { prepareBlob } from '../blob.ts';
import { approvalHash, verdictOn } from '../tool-policy.ts';
import { type AnswerContext, commonOutcome, type Interpretation, textOf } from './interpretation.ts';

/** Interprets a task's turn. `toolNames`: tools the agent may call. */
export function interpretTask(context: AnswerContext, toolNames: ReadonlySet<string>): Interpretation {
  const common = commonOutcome(context);
  if (common) return { outcome: common };
  const blocks = firstById(context.message.content.filter((block) => block.type === 'tool_use'));
  const submission = submissionOf(blocks);
  const calls = runnableCalls(context, blocks, toolNames);
  if (submission?.status === 'blocked') return { outcome: { kind: 'blocked', reason: clip(submission.summary) } };
  if (calls.length > 0) return withTools(context, calls, submission);
  if (submission) return submitted(context, submission, false);
  if (blocks.length > 0) return { outcome: { kind: 'continue', why: 'invalid-submission' } };
  return withoutTools(context);
}

function firstById(blocks: readonly Anthropic.ToolUseBlock[]): Anthropic.ToolUseBlock[] {
  const byId = new Map<string, Anthropic.ToolUseBlock>();
  for (const block of blocks) if (!byId.has(block.id)) byId.set(block.id, block);
  return [...byId.values()];
}

function submissionOf(blocks: readonly Anthropic.ToolUseBlock[]): Submission | undefined {
  const block = blocks.find((candidate) => candidate.name === SUBMIT_TOOL);
  const parsed = submissionSchema.safeParse(block?.input);
  if (!parsed.success) return undefined;
  return parsed.data.status === 'done' && parsed.data.output.trim() === '' ? undefined : parsed.data;
}

function runnableCalls(
  context: AnswerContext,
  blocks: readonly Anthropic.ToolUseBlock[],
  toolNames: ReadonlySet<string>,
): ToolCall[] {
  return blocks
    .filter((block) => toolNames.has(block.name))
    .slice(0, MAX_TOOL_CALLS_PER_TURN)
    .map((block, index) => {
      const call = { index, id: block.id, name: block.name, argsHash: hashOf(block.input) };
      return { ...call, ...asksOf(context, call, block.input as Json) };
    });
}

/** What a person is asked before the call is run; nothing when policy allows it, or denies it. */
function asksOf({ input, snapshot, agent, trust }: AnswerContext, call: ToolCall, args: Json): Pick<ToolCall, 'asks'> {
  const { verdict, why } = verdictOn(snapshot, { tool: call.name, agent: agent.name, arguments: args }, trust);
  const hash = approvalHash({ tool: call.name, argsHash: call.argsHash, taskId: input.taskId });
  if (verdict === 'deny') return {};
  if (call.name === ASK_PERSON_TOOL) return { asks: { kind: 'question', hash, title: clip(questionOf(args)) } };
  if (verdict === 'allow') return {};
  return { asks: { kind: 'tool', hash, title: clip(`${agent.name} wants to call ${call.name}: ${why}`) } };
}

function questionOf(args: Json): string {
  const { question } = (args ?? {}) as { readonly question?: Json };
  return typeof question === 'string' ? question : 'a question without words';
}

function hashOf(input: unknown): string {
  return createHash('sha256').update(canonicalJson(input)).digest('hex');
}

/** A submission beside tool calls is kept; the workflow takes it when all of them worked. */
function withTools(
  context: AnswerContext,
  calls: readonly ToolCall[],
  submission: Submission | undefined,
): Interpretation {
  if (!submission) return { outcome: { kind: 'tools', calls, submitted: false } };
  return { ...resultOf(context, submission), outcome: { kind: 'tools', calls, submitted: true } };
}

function submitted(context: AnswerContext, submission: Submission, implicit: boolean): Interpretation {
  const result = resultOf(context, submission);
  const { endsTask, taskId } = context.input;
  return {
    ...result,
    outcome: { kind: 'submitted', result: result.taskResult.output, implicit },
    events: endsTask ? [{ type: 'task-end', taskId, data: { status: 'done' } }] : [],
  };
}

function resultOf(_context: AnswerContext, submission: Submission) {
  const output = prepareBlob(submission.output);
  return {
    blobs: [output.bytes],
    taskResult: { output: output.ref, summary: submission.summary, evidence: submission.evidence },
  };
}

/** Plain text is not a submission: the agent is told once; the second time the text is taken, and that is on record. */
function withoutTools(context: AnswerContext): Interpretation {
  const text = textOf(context.message).trim();
  if (text === '' || !context.nudged) return { outcome: { kind: 'continue', why: 'no-submission' } };
  return submitted(context, { status: 'done', summary: clip(text), output: text, evidence: [] }, true);
}

function clip(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return Buffer.byteLength(line) <= MAX_LABEL_BYTES ? line : `${line.slice(0, MAX_LABEL_BYTES / 4)}…`;
}
