/** The content-hashed set of agents, models and limits that a goal is pinned to. Types only. */
import type { AgentDefinition } from './agent.ts';
import type { TierModel } from './config.ts';
import type { GoalLimits } from './contracts/goal.ts';
import type { Tier } from './contracts/plan.ts';

/** Stored as canonical JSON; its sha-256 is the snapshot id. */
export interface Snapshot {
  readonly promptVersion: number;
  readonly agents: readonly AgentDefinition[];
  readonly tiers: Readonly<Record<Tier, TierModel>>;
  readonly limits: GoalLimits;
  readonly maxTasks: number;
  readonly tools: readonly { readonly name: string; readonly effect: string; readonly schemaHash: string }[];
}
