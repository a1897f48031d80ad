/** The tool calls of one turn: side by side, each allowed by policy or by a person. Workflow side. */
import type { RunToolInput, RunToolResult, ToolCall } from '../../core/contracts/calls.ts';
import { APPROVAL_TERMS } from './approvals.ts';
import { untilMended } from './call-model.ts';
import { type GoalRun, graphOf } from './goal-run.ts';
import { interruptionOf } from './history-length.ts';
import { label } from './label.ts';
import { Parked } from './parked.ts';
import { whilePaused } from './pause.ts';
import { timeLeft } from './task-clock.ts';
import type { TaskContext } from './task-context.ts';

/**
 * Runs the tool calls of a turn; returns how many failed. Throws `Parked` when a person has not decided yet and this run
 * of the workflow must end: what has run is in the journal, and the next run takes the turn up again.
 */
export async function runTools(run: GoalRun, context: TaskContext, calls: readonly ToolCall[]): Promise<number> {
  // All of them, so that nothing is still at work when the turn is set aside or has failed.
  const ends = await Promise.allSettled(calls.map((call) => runTool(run, context, call)));
  const results = ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
  for (const call of calls) if (call.asks) run.approvals.forget(itemId(context, call));
  return results.filter((result) => result.isError).length;
}

async function runTool(run: GoalRun, context: TaskContext, call: ToolCall): Promise<RunToolResult> {
  const interrupted = interruptionOf(run, 'task');
  const decision = call.asks ? await decisionOn(run, context, { ...call, asks: call.asks }) : undefined;
  for (let again = 0; ; again++) {
    await whilePaused(run, interrupted);
    const { resumes } = run;
    try {
      return await attempt(run, context, { call, decision, again });
    } catch (error) {
      await untilMended(run, { resumes, interrupted }, error);
    }
  }
}

interface Attempt {
  readonly call: ToolCall;
  readonly decision: RunToolInput['decision'];
  readonly again: number;
}

function attempt(run: GoalRun, context: TaskContext, { call, decision, again }: Attempt): Promise<RunToolResult> {
  const { task, state, clock } = context;
  const { goalId, tenant } = run.input;
  const id = itemId(context, call);
  const options = {
    activityId: again === 0 ? id : `${id}+${again}`,
    summary: label(`${task.id} · ${call.name}`),
    ...timeLeft(run, clock),
  };
  const input: RunToolInput = {
    goalId,
    tenant,
    snapshot: run.opened.snapshot,
    taskId: task.id,
    revision: state.revision,
    turn: state.turn,
    index: call.index,
    agent: task.agent,
    plan: graphOf(run).skeleton.plan.hash,
    ...(decision ? { decision } : {}),
  };
  return run.proxies.tools.runTool.executeWithOptions(options, [input]);
}

/** Also the id of the activity: built from numbers, free of user text. */
function itemId({ state }: TaskContext, { index }: ToolCall): string {
  return `t${state.number}.${state.revision}.${state.turn}.${index}`;
}

/** What a person says to the call, or said for the whole goal before. */
async function decisionOn(
  run: GoalRun,
  context: TaskContext,
  { asks, ...call }: ToolCall & Required<Pick<ToolCall, 'asks'>>,
): Promise<NonNullable<RunToolInput['decision']>> {
  const { task, state } = context;
  const { kind, hash, title } = asks;
  if (kind === 'tool' && run.approvals.isAllowed(call.name)) return { verdict: 'approve', by: 'goal', hash };
  const where = { taskId: task.id, revision: state.revision, turn: state.turn, index: call.index };
  const request = { itemId: itemId(context, call), kind, hash, title, tool: call.name, ...where };
  const decision = await run.approvals.ask(request, run.opened.limits.approvals ?? APPROVAL_TERMS);
  if (!decision) throw new Parked();
  const { verdict, by, note } = decision;
  return { verdict, by, hash, ...(note ? { note } : {}) };
}
