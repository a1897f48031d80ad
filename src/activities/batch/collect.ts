/** Records the answers of a batch that has ended, as single calls' are, at its price. Activity side. */
import { Context } from '@temporalio/activity';
import type { BatchFallback, CollectBatchInput, CollectBatchResult } from '../../core/contracts/batches.ts';
import type { CallModelInput } from '../../core/contracts/calls.ts';
import { callKey } from '../../core/contracts/ids.ts';
import type { BatchAnswer } from '../../integrations/claude/batches.ts';
import { checkMessage } from '../../integrations/claude/check-message.ts';
import { classifyClaudeError } from '../../integrations/claude/errors.ts';
import { countPaidCall } from '../../monitoring/metrics.ts';
import type { BatchCall } from '../../store/batch-calls.ts';
import { loadContext } from '../context/load-context.ts';
import { finishCall } from '../finish-call.ts';
import type { ModelDeps } from '../model-activities.ts';
import { recordPaid } from '../record-paid.ts';
import { customIdOf } from './custom-id.ts';
import { settleUnwanted } from './settle.ts';

type Collected = CollectBatchResult['calls'][number];

/** A repeat finds recorded what an earlier attempt has recorded. */
export async function collectBatch(
  deps: ModelDeps,
  input: CollectBatchInput,
  signal: AbortSignal,
): Promise<CollectBatchResult> {
  const { batchId, calls, dropped } = input;
  const answers = await deps.claude.batches.results(batchId, { signal });
  const tasks = [...calls, ...dropped].map(({ taskId }) => taskId);
  const stored = await deps.store.batches.calls(input, tasks);
  const rows = new Map(stored.filter((row) => row.batchId === batchId).map((row) => [callKey(row), row]));
  const collected: Collected[] = [];
  for (const call of calls) {
    collected.push(await collect(deps, call, { row: rows.get(callKey(call)), answers, signal }));
  }
  for (const call of dropped) {
    const row = rows.get(callKey({ ...call, goalId: input.goalId }));
    if (row?.outcome === null) await settleUnwanted(deps, row, answers);
  }
  return { calls: collected };
}

interface Found {
  readonly row: BatchCall | undefined;
  readonly answers: ReadonlyMap<string, BatchAnswer>;
  readonly signal: AbortSignal;
}

async function collect(deps: ModelDeps, call: CallModelInput, { row, answers, signal }: Found): Promise<Collected> {
  const known = await deps.store.journal.lookUp(call);
  if (known.state === 'recorded') {
    if (row?.outcome === null) await deps.store.batches.end(call, 'succeeded');
    return { state: 'recorded', result: known.result };
  }
  if (!row) return { state: 'live', why: 'lost' };
  if (row.outcome !== null && row.outcome !== 'succeeded') return { state: 'live', why: row.outcome };
  const answer = answers.get(customIdOf(call));
  if (answer?.kind === 'succeeded') return take(deps, call, { row, message: answer.message, signal });
  return fallBack(deps, row, { why: answer?.kind ?? 'lost', billed: answer === undefined });
}

async function take(
  deps: ModelDeps,
  call: CallModelInput,
  { row, message, signal }: { row: BatchCall; message: unknown; signal: AbortSignal },
): Promise<Collected> {
  const context = await loadContext(deps, call);
  let checked: ReturnType<typeof checkMessage>;
  try {
    checked = checkMessage(message, context.model);
  } catch (error) {
    const { type, message: text } = classifyClaudeError(error);
    await deps.store.journal.fail(call, { type, message: text, counts: true, attempt: row.attempt, billed: true });
    return fallBack(deps, row, { why: 'unreadable', billed: true });
  }
  const { worstUsage } = context;
  const bound = { attempt: row.attempt, worstUsage, worstMicroUsd: row.microUsd, batch: true } as const;
  const finished = finishCall(context, bound, { message: checked, requestId: row.batchId });
  const result = await recordPaid(deps.store, finished, signal);
  await deps.store.batches.end(call, 'succeeded');
  if (!result.recorded) countPaidCall(Context.current().metricMeter, call.purpose, result);
  return { state: 'recorded', result };
}

async function fallBack(
  { store }: ModelDeps,
  row: BatchCall,
  { why, billed }: { why: BatchFallback; billed: boolean },
): Promise<Collected> {
  await store.journal.abandon(row, { attempt: row.attempt, billed });
  await store.batches.end(row, why);
  return { state: 'live', why };
}
