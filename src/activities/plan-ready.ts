/** What is known of a plan when it is accepted: its forecast, what its agents may do, and the event that says so. Host side, pure. */

import { type ForecastFacts, forecastOf } from '../client/forecast-plan.ts';
import type { PlanOutlook } from '../core/contracts/plan.ts';
import { strongerEffect } from '../core/contracts/plan-approval.ts';
import type { Plan } from '../core/plan.ts';
import type { Effect } from '../core/policy.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { NewEvent } from '../store/store.ts';

/** The event of an accepted plan, and the part of it that decides whether people are asked. */
export function planReady(
  facts: ForecastFacts,
  meta: { readonly revision: number; readonly source: string },
): { readonly event: NewEvent; readonly outlook: PlanOutlook } {
  const { plan, snapshot, done } = facts;
  const { costMicroUsd, durationMs, expected } = forecastOf(facts);
  const effects = effectsOf(plan, snapshot);
  const forecast = { costMicroUsd: { ...costMicroUsd }, durationMs: { ...durationMs } };
  const open = plan.tasks.filter(({ id }) => !done?.has(id));
  const assumed = new Map(open.map(({ id }, at) => [id, expected.tasks[at]]));
  const tasks = plan.tasks.map(({ id, title, agent, agentReason, tier, effort, dependsOn, optional }, at) => ({
    ...{ id, title, agent, agentReason, tier, effort, dependsOn, optional },
    effect: effects[at] ?? null,
    expected: { ...(assumed.get(id) ?? { cost: 0, ms: 0 }) },
  }));
  const effect = effects.reduce<Effect | undefined>(strongerEffect, undefined);
  return {
    event: {
      type: 'plan-ready',
      data: { ...meta, title: plan.title, forecast, closing: { ...expected.closing }, tasks },
    },
    outlook: { costHighMicroUsd: costMicroUsd.high, ...(effect ? { effect } : {}) },
  };
}

/** The strongest effect that a tool of each task's agent has, in plan order. Tools that are not pinned cannot run. */
function effectsOf(plan: Plan, { agents, tools }: Snapshot): readonly (Effect | undefined)[] {
  const byTool = new Map(tools.map(({ name, effect }) => [name, effect as Effect]));
  const byAgent = new Map(
    agents.map((agent) => [
      agent.name,
      agent.tools.map((tool) => byTool.get(tool)).reduce<Effect | undefined>(strongerEffect, undefined),
    ]),
  );
  return plan.tasks.map(({ agent }) => byAgent.get(agent));
}
