/** Makes the edited plan of a running goal: loads, applies, judges, prices and accepts it. Activity side. */
import { forecastOf } from '../client/forecast-plan.ts';
import type { Range } from '../core/contracts/goal.ts';
import type { ApplyPlanEditInput, ApplyPlanEditResult, PlanEditActivities } from '../core/contracts/plan-edit.ts';
import { canonicalJson } from '../core/json.ts';
import type { Plan, PlanProblem } from '../core/plan.ts';
import { type PlanDiff, planEditSchema } from '../core/plan-edit.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { NewEvent, Store } from '../store/store.ts';
import { summaryOf } from '../tasks/diff-lines.ts';
import { type AppliedEdit, applyEdit } from '../tasks/edit-plan.ts';
import { packSkeleton } from '../tasks/pack-skeleton.ts';
import { unpackStates } from '../tasks/pack-states.ts';
import { planSkeleton } from '../tasks/skeleton.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { Pinned } from './pinned.ts';
import { planReady } from './plan-ready.ts';

/** What these activities need. */
export interface PlanEditDeps {
  readonly store: Store;
  readonly pinned: Pinned;
}

/** Everything an edit is judged and priced by. */
interface Facts {
  readonly snapshot: Snapshot;
  readonly goalText: string;
  readonly current: Plan;
  readonly at: Date;
}

/** The source of a plan that a person edited, as it is stored and shown. */
const SOURCE = 'edited';

/** Activities of `workflow` workers. */
export function createPlanEditActivities(deps: PlanEditDeps): PlanEditActivities {
  return { applyPlanEdit: (input) => withHeartbeat(() => applyPlanEdit(deps, input)) };
}

async function applyPlanEdit(deps: PlanEditDeps, input: ApplyPlanEditInput): Promise<ApplyPlanEditResult> {
  const { tenant, goalId } = input;
  const [snapshot, request, current, text] = await Promise.all([
    deps.pinned.snapshot(tenant, input.snapshot),
    deps.pinned.request(tenant, goalId),
    deps.pinned.plan(tenant, input.plan.plan.hash),
    deps.store.blobs.getText(tenant, input.edit.hash),
  ]);
  const edit = planEditSchema.safeParse(JSON.parse(text));
  if (!edit.success)
    return refuse(deps, input, { type: 'control.invalid', problems: [shapeProblem(edit.error.message)] });
  const states = unpackStates(
    current.tasks.map((task) => task.id),
    input.states,
  );
  const agents = snapshot.agents.map((agent) => agent.name);
  const verdict = applyEdit(edit.data, { current, states, agents, maxTasks: snapshot.maxTasks });
  if (verdict.ok)
    return accept(deps, input, { verdict, facts: { snapshot, goalText: request.text, current, at: new Date() } });
  return refuse(deps, input, {
    type: verdict.conflict ? 'control.conflict' : 'plan.invalid',
    problems: verdict.problems,
  });
}

function shapeProblem(message: string): PlanProblem {
  return { code: 'plan.bad-value', path: 'operations', message: message.slice(0, 1_000) };
}

type Refused = Extract<ApplyPlanEditResult, { kind: 'refused' }>;

async function refuse(
  { store }: PlanEditDeps,
  { tenant }: ApplyPlanEditInput,
  { type, problems }: { readonly type: Refused['type']; readonly problems: readonly PlanProblem[] },
): Promise<Refused> {
  const stored = await store.blobs.put(tenant, Buffer.from(JSON.stringify(problems)));
  return { kind: 'refused', type, reason: problems[0]?.code ?? type, problems: stored };
}

async function accept(
  { store }: PlanEditDeps,
  input: ApplyPlanEditInput,
  { verdict, facts }: { readonly verdict: AppliedEdit; readonly facts: Facts },
): Promise<ApplyPlanEditResult> {
  const { tenant, goalId, revision, event } = input;
  const { plan } = verdict;
  const diff = diffOf(input, verdict, facts);
  const stored = await store.blobs.put(tenant, Buffer.from(canonicalJson(diff)));
  const at = positionsIn(plan);
  const made = {
    kind: 'edited',
    retry: at(verdict.retry),
    skip: at(verdict.skip),
    diff: stored,
    costMicroUsd: diff.costMicroUsd,
  } as const;
  if (event === undefined) return made;
  const events = [{ ...planEdited(diff, stored.hash, { ...facts, plan }), number: event }];
  const ref = await store.plans.accept({ tenant, goalId, revision, plan, source: SOURCE, events });
  return { ...made, skeleton: packSkeleton(planSkeleton(plan, ref, { revision, source: SOURCE })) };
}

function positionsIn(plan: Plan): (ids: readonly string[]) => number[] {
  const positions = new Map(plan.tasks.map((task, position) => [task.id, position]));
  return (ids) => ids.flatMap((id) => positions.get(id) ?? []);
}

/** The plan as `plan-ready` shows it, and who made what of it. */
function planEdited(diff: PlanDiff, hash: string, facts: Facts & { readonly plan: Plan }): NewEvent {
  const { revision, author } = diff;
  const { event } = planReady(facts, { revision, source: SOURCE });
  return { type: 'plan-edited', data: { ...event.data, author, summary: summaryOf(diff), diff: hash } };
}

function diffOf(input: ApplyPlanEditInput, verdict: AppliedEdit, facts: Facts): PlanDiff {
  const { changes, alsoSkipped, reopened } = verdict;
  const costMicroUsd = costEffect(verdict, facts);
  const { revision, author } = input;
  return { baseRevision: input.plan.revision, revision, author, changes, alsoSkipped, reopened, costMicroUsd };
}

/** The forecast of what is added, changed or opened again, less that of what it replaces, is removed or skipped. */
function costEffect({ plan, changes, alsoSkipped, reopened }: AppliedEdit, facts: Facts): Range {
  const named = (...kinds: string[]) => changes.filter(({ kind }) => kinds.includes(kind)).map(({ task }) => task);
  const changed = named('changed');
  const gone = [...changed, ...named('removed', 'skipped'), ...alsoSkipped];
  const come = [...changed, ...named('added', 'retried'), ...reopened];
  const [before, after] = [costOf(facts.current, gone, facts), costOf(plan, come, facts)];
  const [a, b] = [after.low - before.low, after.high - before.high];
  return { low: Math.min(a, b), high: Math.max(a, b) };
}

/** The forecast of these tasks alone. */
function costOf(plan: Plan, ids: readonly string[], { snapshot, goalText, at }: Facts): Range {
  const chosen = new Set(ids);
  if (chosen.size === 0) return { low: 0, high: 0 };
  const tasks = plan.tasks
    .filter(({ id }) => chosen.has(id))
    .map((task) => ({ ...task, dependsOn: task.dependsOn.filter((id) => chosen.has(id)) }));
  const limits = { ...snapshot.limits, synthesis: false, verify: 'off' } as const;
  return forecastOf({ goalText, at, snapshot: { ...snapshot, limits }, plan: { ...plan, tasks } }).costMicroUsd;
}
