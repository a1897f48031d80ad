/** A planning answer: an accepted plan, or the reasons why it is refused. Host side. */

import { canonicalJson } from '../../core/json.ts';
import type { Plan, PlanProblem } from '../../core/plan.ts';
import { withGoalCriteria } from '../../tasks/goal-criteria.ts';
import { packSkeleton } from '../../tasks/pack-skeleton.ts';
import { parsePlanText } from '../../tasks/parse-plan.ts';
import { planSkeleton } from '../../tasks/skeleton.ts';
import { validatePlan } from '../../tasks/validate-plan.ts';
import { validateReplan } from '../../tasks/validate-replan.ts';
import { prepareBlob } from '../blob.ts';
import { planReady } from '../plan-ready.ts';
import { type AnswerContext, commonOutcome, type Interpretation, textOf } from './interpretation.ts';

/** Problems named to the manager at most. */
const MAX_PROBLEMS = 20;

/** Interprets an answer to a planning or replanning request. */
export function interpretPlan(context: AnswerContext): Interpretation {
  const common = commonOutcome(context);
  if (common) return { outcome: common };
  const parsed = parsePlanText(context.earlierText + textOf(context.message));
  const checked = parsed.ok ? check(context, parsed.value) : parsed;
  return checked.ok ? accepted(context, withGoalCriteria(checked.plan)) : rejected(checked.problems);
}

function check(context: AnswerContext, raw: unknown) {
  const { input, snapshot, plan } = context;
  const rules = { agents: snapshot.agents.map((agent) => agent.name), maxTasks: snapshot.maxTasks };
  if (input.purpose !== 'replan' || !plan) return validatePlan(raw, rules);
  const failed = (input.unfinished ?? []).map((task) => task.taskId);
  return validateReplan(raw, { ...rules, current: plan, frozen: input.frozen ?? [], failed });
}

function accepted({ input, snapshot, goalText, history }: AnswerContext, plan: Plan): Interpretation {
  const facts = { plan, snapshot, goalText, at: new Date(), ...(history ? { history } : {}) };
  const blob = prepareBlob(canonicalJson(plan));
  const meta = { revision: input.revision, source: 'manager' } as const;
  const { event, outlook } = planReady(facts, meta);
  return {
    outcome: { kind: 'plan', skeleton: packSkeleton({ ...planSkeleton(plan, blob.ref, meta), outlook }) },
    blobs: [blob.bytes],
    plan: { ref: blob.ref, revision: meta.revision, plan },
    events: [event],
  };
}

function rejected(problems: readonly PlanProblem[]): Interpretation {
  const listed = problems
    .slice(0, MAX_PROBLEMS)
    .map((problem) => `${problem.path}: ${problem.message} (${problem.code})`);
  const feedback = prepareBlob(
    `The plan was refused:\n- ${listed.join('\n- ')}\nAnswer with the whole plan again, with these mended.`,
  );
  return {
    outcome: {
      kind: 'plan-rejected',
      problems: problems.slice(0, MAX_PROBLEMS).map((problem) => problem.code),
      feedback: feedback.ref,
    },
    blobs: [feedback.bytes],
    events: [{ type: 'plan-rejected', data: { problems: listed } }],
  };
}
