/** Skeletons on the wire: rows in place of objects, so that 1,000 tasks fit into one payload (G12). Sandbox-safe. */
import type {
  Effort,
  FailurePolicy,
  PackedSkeleton,
  PackedTask,
  PlanSkeleton,
  TaskSkeleton,
  Tier,
} from '../core/contracts/plan.ts';

const TIERS: readonly Tier[] = ['fast', 'balanced', 'deep'];
const EFFORTS: readonly Effort[] = ['S', 'M', 'L'];
const POLICIES: readonly FailurePolicy[] = ['retry', 'replan', 'skip-dependents', 'fail-goal'];

/** The same skeleton in its short form. */
export function packSkeleton({ tasks, ...rest }: PlanSkeleton): PackedSkeleton {
  const agents = [...new Set(tasks.map((task) => task.agent))];
  return { ...rest, agents, tasks: tasks.map((task) => packTask(task, agents)) };
}

function packTask(task: TaskSkeleton, agents: readonly string[]): PackedTask {
  return [
    task.id,
    agents.indexOf(task.agent),
    TIERS.indexOf(task.tier),
    EFFORTS.indexOf(task.effort),
    task.priority,
    task.optional ? 1 : 0,
    POLICIES.indexOf(task.onFailure),
    task.criteria,
    task.timeoutMs ?? 0,
    ...task.dependsOn,
  ];
}

/** The skeleton that was packed. */
export function unpackSkeleton({ agents, tasks, ...rest }: PackedSkeleton): PlanSkeleton {
  return { ...rest, tasks: tasks.map((task) => unpackTask(task, agents)) };
}

function unpackTask(packed: PackedTask, agents: readonly string[]): TaskSkeleton {
  const [id, agent, tier, effort, priority, optional, policy, criteria, timeoutMs, ...dependsOn] = packed;
  return {
    id,
    agent: agents[agent] ?? '',
    tier: TIERS[tier] ?? 'balanced',
    effort: EFFORTS[effort] ?? 'M',
    priority,
    optional: optional === 1,
    onFailure: POLICIES[policy] ?? 'retry',
    criteria,
    ...(timeoutMs === 0 ? {} : { timeoutMs }),
    dependsOn,
  };
}
