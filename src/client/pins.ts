/** What new goals are pinned to by the configuration, but for tools, which only workers know. Host side, pure. */
import { PROMPT_VERSION } from '../agents/prompt-version.ts';
import type { AgentDefinition } from '../core/agent.ts';
import type { Config } from '../core/config.ts';
import { toMicroUsd } from '../core/contracts/budget.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** A snapshot before a goal's own settings. */
export type Pins = Omit<Snapshot, 'tools'>;

/** The pins of a configuration; `agents` are all that a plan may use. */
export function pinsOf(config: Config, agents: readonly AgentDefinition[]): Pins {
  const { maxTasks, budgetUsd, ...limits } = config.goals;
  const budget = budgetUsd === undefined ? {} : { budgetMicroUsd: toMicroUsd(budgetUsd) };
  return {
    promptVersion: PROMPT_VERSION,
    agents,
    tiers: config.claude.tiers,
    policy: config.policy,
    maxTasks,
    limits: { ...limits, ...budget, approvals: config.approvals },
  };
}
