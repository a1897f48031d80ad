/** What people can ask of a running goal and tell it: each control brings its own handler. Workflow side. */
import { setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import {
  budgetRaisedSignal,
  cancelTaskUpdate,
  decideUpdate,
  editPlanUpdate,
  getStatusQuery,
  pauseSignal,
  raiseBudgetUpdate,
  resumeSignal,
  steerUpdate,
} from '../../core/contracts/messages.ts';
import { cancelTask, checkCancelTask } from './cancel-task.ts';
import { checkDecision, decide } from './decide.ts';
import { checkEditPlan, editPlan } from './edit-plan.ts';
import type { GoalRun } from './goal-run.ts';
import { pause, unpause } from './pause.ts';
import { checkRaise, raiseBudget } from './raise-budget.ts';
import { reportStatus } from './status.ts';
import { checkSteer, steer } from './steer.ts';

/** Sets the handlers of every query, signal and update. Call it before the workflow's first await. */
export function registerControls(run: GoalRun): void {
  setHandler(getStatusQuery, () => reportStatus(run));
  receiveSignals(run);
  setHandler(raiseBudgetUpdate, (raise) => raiseBudget(run, raise), { validator: (raise) => checkRaise(run, raise) });
  setHandler(steerUpdate, (input) => steer(run, input), { validator: (input) => checkSteer(run, input) });
  setHandler(cancelTaskUpdate, (input) => cancelTask(run, input), {
    validator: (input) => checkCancelTask(run, input),
  });
  setHandler(editPlanUpdate, (input) => editPlan(run, input), { validator: (input) => checkEditPlan(run, input) });
  setHandler(decideUpdate, (input) => decide(run, input), { validator: (input) => checkDecision(run, input) });
}

/**
 * All signals by one handler: those that came before a run set its handlers reach it in their order, while handlers of
 * their own would get them in the order in which they are set, and pause and resume would change places.
 */
function receiveSignals(run: GoalRun): void {
  const received: Readonly<Record<string, (input?: { readonly author?: unknown }) => void>> = {
    [resumeSignal.name]: () => {
      run.resumes += 1;
      unpause(run);
    },
    [budgetRaisedSignal.name]: () => run.budget.raised(),
    [pauseSignal.name]: (input) => pause(run, input),
  };
  setDefaultSignalHandler((name, ...[input]) => received[name]?.(input as { readonly author?: unknown } | undefined));
}
