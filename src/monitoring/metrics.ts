/** Our own metrics, made on the meter of Temporal's runtime, which serves them to Prometheus. Host side. */
import type { MetricMeter } from '@temporalio/common';
import type { CallModelResult } from '../core/contracts/calls.ts';

/** What an examination says of all open goals. */
interface GoalsNow {
  readonly openGoals: number;
  /** Share of the limit that any goal has used most of. */
  readonly fullestShare: number;
  readonly findings: readonly { readonly kind: string }[];
}

/** Gauges of open goals. */
export interface GoalGauges {
  set(now: GoalsNow): void;
}

/** Kinds of findings: each is there from the start, so that an alert can tell none from unknown. */
const KINDS = [
  ...['workflow-failing', 'no-worker', 'activity-failing', 'heartbeat-overdue', 'waits-long', 'nobody-asked', 'lost'],
  ...['unknown-workflow', 'headroom'],
];

export function goalGauges(meter: MetricMeter): GoalGauges {
  const open = meter.createGauge('orchestrator_open_goals', 'int', '', 'Goals that have not ended');
  const stuck = meter.createGauge('orchestrator_stuck_goals', 'int', '', 'Findings of `doctor` on goals, by kind');
  const fullest = meter.createGauge(
    'orchestrator_headroom_used',
    'float',
    '',
    'Largest used share of a Temporal limit',
  );
  return {
    set({ openGoals, fullestShare, findings }) {
      open.set(openGoals);
      fullest.set(fullestShare);
      for (const kind of KINDS) stuck.set(findings.filter((finding) => finding.kind === kind).length, { kind });
    },
  };
}

/** What a recorded model call came to. */
type PaidCall = Pick<CallModelResult, 'model' | 'costMicroUsd' | 'usage'>;

/** Counts a recorded model call with its tokens and price. */
export function countPaidCall(meter: MetricMeter, purpose: string, { model, costMicroUsd, usage }: PaidCall): void {
  const tags = { model, purpose };
  meter.createCounter('orchestrator_model_calls', '', 'Model calls that were recorded').add(1, tags);
  meter.createCounter('orchestrator_cost_micro_usd', '', 'What recorded calls cost').add(costMicroUsd, tags);
  const tokens = meter.createCounter('orchestrator_tokens', '', 'Tokens of recorded calls');
  tokens.add(usage.inputTokens, { ...tags, kind: 'input' });
  tokens.add(usage.outputTokens, { ...tags, kind: 'output' });
  tokens.add(usage.cacheReadTokens, { ...tags, kind: 'cache-read' });
  tokens.add(usage.cacheWrite5mTokens + usage.cacheWrite1hTokens, { ...tags, kind: 'cache-write' });
}

/** Counts a request that failed; `billed` when it may have been paid all the same. */
export function countFailedRequest(
  meter: MetricMeter,
  tags: { readonly model: string; readonly type: string; readonly billed: boolean },
): void {
  meter.createCounter('orchestrator_failed_requests', '', 'Requests to the model that failed').add(1, { ...tags });
}
