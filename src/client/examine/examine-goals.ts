/** Examines all that is open: what does not go on by itself, and how near each is to Temporal's limits. Host side. */
import { goalOfWorkflow, goalWorkflowId } from '../../core/contracts/ids.ts';
import type { OpenGoal } from '../../store/store.ts';
import type { ClientParts } from '../client-parts.ts';
import { type Headroom, headroomOf } from './headroom.ts';
import { type GoalFinding, judgeGoal, waitsLong } from './judge-goal.ts';
import { nobodyAsked } from './nobody-asked.ts';
import type { WorkflowFacts } from './workflow-facts.ts';

type Parts = Pick<ClientParts, 'store' | 'survey' | 'tenant'>;

/** What an examination found. */
export interface Examination {
  readonly openGoals: number;
  /** Goals, conversations and ticks of schedules that were looked at; fewer than there are when there are very many. */
  readonly examined: number;
  readonly findings: readonly GoalFinding[];
  /** The limit that any goal has used most of; absent when no goal is open. */
  readonly fullest?: Headroom & { readonly goalId: string };
}

/** Workflows looked at in one examination. */
const MAX_GOALS = 1_000;
/** Descriptions asked for at once. */
const AT_ONCE = 8;
/** Time in which a goal may be in one place and not yet, or no more, in the other. */
const GRACE_MS = 20_000;

/** Looks at every open goal, conversation and tick of a schedule, once. Errors: `temporal.unavailable`, `store.unavailable`. */
export async function examineGoals(parts: Parts): Promise<Examination> {
  const { store, survey, tenant } = parts;
  const [stored, ids] = await Promise.all([store.goals.openGoals(tenant, MAX_GOALS), survey.openIds(MAX_GOALS)]);
  const byId = new Map(stored.map((goal) => [goalWorkflowId(goal.goalId), goal]));
  const all = [...new Set([...byId.keys(), ...ids])].slice(0, MAX_GOALS);
  const looks = await inBatches(all, (workflowId) => look(parts, workflowId, byId.get(workflowId)));
  const [fullest] = looks.flatMap(({ fullest: each }) => each ?? []).sort((a, b) => b.share - a.share);
  return {
    openGoals: stored.length,
    examined: all.length,
    findings: looks.flatMap(({ findings }) => findings),
    ...(fullest ? { fullest } : {}),
  };
}

/** What one goal's workflow has used of Temporal's limits, the fullest first; empty when none runs. */
export async function readHeadroom({ survey }: Parts, goalId: string): Promise<readonly Headroom[]> {
  const workflow = await survey.describe(goalWorkflowId(goalId));
  return workflow?.running ? headroomOf(workflow) : [];
}

interface Look {
  readonly findings: readonly GoalFinding[];
  readonly fullest?: Headroom & { readonly goalId: string };
}

async function look(parts: Parts, workflowId: string, stored: OpenGoal | undefined): Promise<Look> {
  const workflow = await parts.survey.describe(workflowId);
  if (!workflow?.running) return { findings: stored ? await lost(parts, stored) : [] };
  const nowMs = Date.now();
  const waits = waitsLong(workflow, nowMs);
  const polled = !waits || (await isPolled(parts, workflow));
  const findings = stored ? await nobodyAsked(parts, stored, nowMs) : await unknown(parts, workflow);
  const judged = judgeGoal({ workflow, ...(stored ? { stored } : {}), nowMs, polled });
  const [most] = headroomOf(workflow);
  return {
    findings: [...findings, ...(await Promise.all(judged.map((finding) => withCause(parts, workflow, finding))))],
    ...(most ? { fullest: { goalId: workflow.goalId, ...most } } : {}),
  };
}

async function isPolled({ survey }: Parts, { taskQueue, task }: WorkflowFacts): Promise<boolean> {
  return survey.isPolled(taskQueue, task && !task.started ? 'workflow' : 'activity');
}

/** Says why the workflow's code fails, which only history tells. */
async function withCause({ survey }: Parts, workflow: WorkflowFacts, finding: GoalFinding): Promise<GoalFinding> {
  if (finding.kind !== 'workflow-failing') return finding;
  const cause = await survey.taskFailure(workflow);
  return cause === undefined ? finding : { ...finding, detail: `${finding.detail}: ${cause.slice(0, 500)}` };
}

/** Open in the store, and no workflow runs. It may have ended, or not have started, just now. */
async function lost({ store, tenant }: Parts, { goalId, createdAt }: OpenGoal): Promise<GoalFinding[]> {
  if (Date.now() - Date.parse(createdAt) < GRACE_MS) return [];
  const now = await store.goals.detail(tenant, goalId);
  if (!now || now.endedAt !== null) return [];
  const queued = now.status === 'queued';
  return [
    {
      goalId,
      kind: 'lost',
      detail: queued ? 'it was accepted, but never started' : 'Temporal runs no workflow of it',
      remedy: queued
        ? `\`orchestrator goals resume ${goalId}\` starts it; the next \`orchestrator up\` does so as well.`
        : `\`orchestrator goals cancel ${goalId}\` ends it with what it has; then start it again.`,
    },
  ];
}

/** A workflow runs, and the store does not have the goal as open. Closing takes a moment. */
async function unknown({ store, tenant }: Parts, { goalId, workflowId }: WorkflowFacts): Promise<GoalFinding[]> {
  if (goalOfWorkflow(workflowId) === undefined) return [];
  const now = await store.goals.detail(tenant, goalId);
  if (now && (now.endedAt === null || Date.now() - Date.parse(now.endedAt) < GRACE_MS)) return [];
  const what = now ? `the goal has ended (${now.status}), its workflow has not` : 'the store has no goal of this id';
  const remedy = `If no other store belongs to this Temporal: temporal workflow terminate --workflow-id ${workflowId}`;
  return [{ goalId, kind: 'unknown-workflow', detail: what, remedy }];
}

async function inBatches<A, B>(all: readonly A[], work: (each: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  const queue = all.entries();
  const take = async (): Promise<void> => {
    for (const [at, each] of queue) results[at] = await work(each);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
  return results;
}
