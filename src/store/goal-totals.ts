/** What a goal came to: sums of the ledger, and how many tool calls ended. Every goal asks for it at its end. Host side. */
import { WEB_SEARCH_MICRO_USD } from '../core/contracts/usage.ts';
import { failure } from '../core/failures.ts';
import { ask } from './ask.ts';
import type { Statements } from './database.ts';
import { SCHEMA_NAME } from './schema.ts';
import type { GoalTotals } from './store.ts';

const extra = (kind: 'unknown' | 'duplicate') => `(select coalesce(sum(e.micro_usd), 0)::float8
  from ${SCHEMA_NAME}.extra_spend e where e.tenant = $1 and e.goal_id = $2 and e.kind = '${kind}')`;

const total = (column: string) => `coalesce(sum(l.${column}), 0)::float8`;

const TOTALS = `
  select count(*)::int as "modelCalls",
    (select count(*)::int from ${SCHEMA_NAME}.tool_calls t
      where t.tenant = $1 and t.goal_id = $2 and t.ended_at is not null) as "toolCalls",
    ${total('cost_micro_usd')} as "costMicroUsd",
    ${extra('unknown')} as "unknownMicroUsd",
    ${extra('duplicate')} as "duplicateMicroUsd",
    coalesce(sum(l.cost_micro_usd - ${WEB_SEARCH_MICRO_USD} * l.web_searches) filter (where l.batch), 0)::float8
      as "savedMicroUsd",
    jsonb_build_object('inputTokens', ${total('input_tokens')}, 'outputTokens', ${total('output_tokens')},
      'cacheReadTokens', ${total('cache_read_tokens')}, 'cacheWrite5mTokens', ${total('cache_write_5m_tokens')},
      'cacheWrite1hTokens', ${total('cache_write_1h_tokens')}, 'webSearches', ${total('web_searches')}) as usage
  from ${SCHEMA_NAME}.usage_ledger l where l.tenant = $1 and l.goal_id = $2`;

type Row = Omit<GoalTotals, 'savedMicroUsd'> & { readonly savedMicroUsd: number };

/** All zero for a goal without calls. `savedMicroUsd`, half of what tokens cost live, only where batches saved something. */
export async function goalTotals(statements: Statements, tenant: string, goalId: string): Promise<GoalTotals> {
  const [row] = await ask<Row>(statements, TOTALS, [tenant, goalId]);
  if (row === undefined) throw failure('internal.bug', `No totals of goal ${goalId}: an aggregate without a row.`);
  const { savedMicroUsd, ...totals } = row;
  return savedMicroUsd > 0 ? { ...totals, savedMicroUsd } : totals;
}
