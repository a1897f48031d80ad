/** Which plans a person must approve before they run: by what they may cost, how large they are, what they may do. Pure, sandbox-safe. */
import type { Effect } from '../policy.ts';
import { toMicroUsd } from './budget.ts';
import type { PlanOutlook } from './plan.ts';

/** `ask-above`: only plans beyond one of the thresholds. */
export type ApprovePlan = 'auto' | 'ask' | 'ask-above';

/** What a plan may be at most to run unasked. Absent: no matter. */
export interface AskAbove {
  /** Against the 90th percentile of its forecast. */
  readonly costUsd?: number;
  readonly tasks?: number;
  /** Against the strongest effect that a tool of a planned agent has. */
  readonly effects?: Effect;
}

/** Times people may send the plans of one goal back with feedback. */
export const MAX_PLAN_REJECTIONS = 3;

/** From nothing to the irreversible. */
const ORDER: readonly Effect[] = ['pure', 'read', 'write', 'outward', 'destructive'];

/** The stronger of two effects; undefined when there is neither. */
export function strongerEffect(a: Effect | undefined, b: Effect | undefined): Effect | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b;
}

/** Why a person must approve the plan, in words, at most MAX_LABEL_BYTES; undefined when it may run. */
export function whyAsk(
  { approvePlan = 'auto', askAbove = {} }: { readonly approvePlan?: ApprovePlan; readonly askAbove?: AskAbove },
  plan: { readonly tasks: number; readonly outlook?: PlanOutlook },
): string | undefined {
  if (approvePlan === 'auto') return undefined;
  if (approvePlan === 'ask') return 'every plan is to be approved';
  const { costUsd, tasks, effects } = askAbove;
  const { costHighMicroUsd = 0, effect } = plan.outlook ?? {};
  const reasons = [
    ...(costUsd !== undefined && costHighMicroUsd > toMicroUsd(costUsd)
      ? [`may cost $${(costHighMicroUsd / 1_000_000).toFixed(2)}, more than $${costUsd}`]
      : []),
    ...(tasks !== undefined && plan.tasks > tasks ? [`has ${plan.tasks} tasks, more than ${tasks}`] : []),
    ...(effects !== undefined && effect !== undefined && ORDER.indexOf(effect) > ORDER.indexOf(effects)
      ? [`its agents have ${effect} tools, beyond ${effects}`]
      : []),
  ];
  return reasons.length > 0 ? reasons.join('; ') : undefined;
}
