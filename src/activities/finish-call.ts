/** What an answer comes to: its price, its outcome, and everything that its transaction writes. Activity side. */
import { Context, log } from '@temporalio/activity';
import { callKey } from '../core/contracts/ids.ts';
import type { Json } from '../core/json.ts';
import type { ClaudeAnswer } from '../integrations/claude/client.ts';
import { priceUsage } from '../integrations/claude/prices.ts';
import { toUsage } from '../integrations/claude/usage.ts';
import type { FinishedCall } from '../store/store.ts';
import { assistantPosition } from '../store/transcript-position.ts';
import type { CallBound } from './admit-call.ts';
import type { CallContext } from './context/call-context.ts';
import { interpret } from './interpret/interpret.ts';

/** A bound that does not hold is a bug of ours. What was paid is recorded as it is. */
function reportOvershoot(call: string, costMicroUsd: number, reservedMicroUsd: number): void {
  log.error('budget.overshoot', { call, costMicroUsd, reservedMicroUsd });
  const { metricMeter } = Context.current();
  const counter = metricMeter.createCounter(
    'orchestrator_budget_overshoot',
    'micro-usd',
    'Spent beyond reservations: 0',
  );
  counter.add(costMicroUsd - reservedMicroUsd);
}

/** The call as it is recorded. `batch` of the bound: it came through a batch, at half the price. */
export function finishCall(context: CallContext, bound: CallBound, { message, requestId }: ClaudeAnswer): FinishedCall {
  const { input } = context;
  const batch: { readonly batch?: true } = bound.batch ? { batch: true } : {};
  const found = toUsage(message.usage);
  const usage = found ?? bound.worstUsage;
  const costMicroUsd = priceUsage(message.model, usage, { at: new Date(), ...batch });
  if (costMicroUsd > bound.worstMicroUsd) reportOvershoot(callKey(input), costMicroUsd, bound.worstMicroUsd);
  const read = interpret(context, message);
  const stopReason = message.stop_reason ?? 'unknown';
  const turnEnd = {
    purpose: input.purpose,
    revision: input.revision,
    turn: input.turn,
    model: message.model,
    stopReason,
    costMicroUsd,
    ...(bound.batch ? { batch: true } : {}),
    ...usage,
  };
  return {
    id: input,
    purpose: input.purpose,
    agent: input.agent,
    result: { outcome: read.outcome, model: message.model, usage, costMicroUsd, ...batch },
    requestId,
    stopReason,
    attempt: bound.attempt,
    transcript: [
      ...context.opening,
      {
        revision: input.revision,
        position: assistantPosition(input.turn),
        role: 'assistant',
        content: { blocks: message.content, stopReason } as unknown as Json,
      },
    ],
    events: [{ type: 'turn-end', taskId: input.taskId, data: turnEnd }, ...(read.events ?? [])],
    blobs: read.blobs ?? [],
    ...(read.taskResult ? { taskResult: read.taskResult } : {}),
    ...(read.plan ? { plan: read.plan } : {}),
    ...(read.criteria ? { criteria: read.criteria } : {}),
  };
}
