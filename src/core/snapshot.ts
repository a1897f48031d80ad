/** The content-hashed set of agents, models and limits that a goal is pinned to. Types only. */
import type { AgentDefinition } from './agent.ts';
import type { TierModel } from './config.ts';
import type { GoalLimits } from './contracts/goal.ts';
import type { Tier } from './contracts/plan.ts';
import type { GoalPolicy, Policy } from './policy.ts';

/** What a goal is pinned to of a tool. */
export interface PinnedTool {
  readonly name: string;
  readonly effect: string;
  readonly schemaHash: string;
  /** What it returns comes from outside. */
  readonly untrusted?: true;
}

/** Stored as canonical JSON; its sha-256 is the snapshot id. */
export interface Snapshot {
  readonly promptVersion: number;
  readonly agents: readonly AgentDefinition[];
  readonly tiers: Readonly<Record<Tier, TierModel>>;
  readonly limits: GoalLimits;
  readonly maxTasks: number;
  readonly tools: readonly PinnedTool[];
  /** Default: the policy without rules. */
  readonly policy?: Policy;
  /** The goal's own rules, which only make it stricter. */
  readonly ownPolicy?: GoalPolicy;
  /** The goal's text holds what comes from outside. */
  readonly untrustedText?: true;
}
