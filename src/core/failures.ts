/** Every failure this system raises: its dotted type, meaning, retry rule and remedy, and the makers. Sandbox-safe. */
import { ApplicationFailure } from '@temporalio/common';

/** What a failure type means. `retryable` says whether Temporal tries again by itself. */
export interface FailureInfo {
  readonly meaning: string;
  readonly retryable: boolean;
  readonly remedy: string;
}

const info = (retryable: boolean, meaning: string, remedy: string): FailureInfo => ({ meaning, retryable, remedy });

/** The registry of failure types. */
export const FAILURES = {
  'goal.invalid': info(false, 'The goal request does not fit the schema.', 'Correct the named field and start again.'),
  'goal.not-found': info(
    false,
    'No goal has this id.',
    '`orchestrator goals list` shows their ids; simulated goals have an instance of their own.',
  ),
  'goal.too-large': info(false, 'The goal text is over the limit.', 'Shorten it, or give long material as files.'),
  'goal.idempotency-conflict': info(false, 'The idempotency key was used for another body.', 'Use a new key.'),
  'goal.closed': info(false, 'The goal has ended.', 'Start a new goal.'),
  'fork.invalid': info(
    false,
    'The goal cannot be forked like this.',
    'Read the reason; `orchestrator goals fork <id> --preview` shows what would be taken over.',
  ),
  'schedule.invalid': info(false, 'The schedule breaks a rule.', 'Correct the named field and send it again.'),
  'schedule.not-found': info(false, 'No schedule has this id.', 'List them with `orchestrator schedules list`.'),
  'schedule.exists': info(
    false,
    'There is a schedule with this id.',
    'Change it with `orchestrator schedules edit`, or use another id.',
  ),
  'plan.invalid': info(false, 'The plan breaks a rule.', 'Correct what the problems name and start again.'),
  'task.failed': info(
    false,
    'A task that the goal needs failed for good.',
    'Read its reason; start again with a changed plan.',
  ),
  'model.credentials': info(
    false,
    'Claude refused the key, or the key may not do this.',
    'Give a valid key, then resume the goal.',
  ),
  'model.spend-limit': info(
    false,
    'The account has reached a spend limit.',
    'Raise the limit at Anthropic, then resume the goal.',
  ),
  'model.bad-request': info(false, 'Claude refused the request as malformed.', 'Report it with the request id.'),
  'model.not-found': info(false, 'The model does not exist or is retired.', 'Set another model in the configuration.'),
  'model.too-large': info(false, 'The request is over the size Claude takes.', 'Make the task or its inputs smaller.'),
  'model.context-overflow': info(false, 'The conversation is over the model’s window.', 'Split the task.'),
  'model.refused': info(false, 'Claude declined to answer.', 'Change the task’s wording.'),
  'model.rate-limited': info(true, 'Claude asked to slow down.', 'Nothing; it goes on by itself.'),
  'model.overloaded': info(true, 'Claude is overloaded.', 'Nothing; it goes on by itself.'),
  'model.no-capacity': info(
    true,
    'The model has no room now: its limits are reached, or its breaker is open.',
    'Nothing; it goes on by itself.',
  ),
  'model.server-error': info(true, 'Claude failed inside.', 'Nothing; tried again up to the journal’s limit.'),
  'model.connection': info(true, 'The connection to Claude broke or stalled.', 'Nothing; tried again up to the limit.'),
  'model.bad-response': info(
    true,
    'The answer was cut, empty or not a message.',
    'Nothing; tried again up to the limit.',
  ),
  'model.unexpected-response': info(
    false,
    'The answer has a shape this version does not know.',
    'Update the orchestrator.',
  ),
  'model.attempts-exhausted': info(
    false,
    'The call failed as often as the journal allows.',
    'See the last cause; retry the task later.',
  ),
  'budget.exhausted': info(
    false,
    'A budget of the goal, its schedule or its tenant does not hold the next model call.',
    'Raise it: `orchestrator budget raise <account> <usd>`; for a goal `orchestrator goals raise-budget <id> <usd>`.',
  ),
  'budget.busy': info(
    true,
    'Calls of other goals hold what the shared budget has left.',
    'Nothing; it goes on by itself when they end.',
  ),
  'budget.invalid': info(
    false,
    'The new budget is not a number of USD above the current one, or the goal has none.',
    'Give a larger one; `orchestrator goals show <id>` and `orchestrator budget show` name the current ones.',
  ),
  'approval.unknown': info(
    false,
    'Nothing waits for a decision under this id.',
    'List what waits with `orchestrator approvals list`.',
  ),
  'approval.stale': info(
    false,
    'What is to be approved is not what was seen.',
    'Look at it again with `orchestrator approvals show <id>`, then decide.',
  ),
  'control.halted': info(
    false,
    'The kill switch is on: nothing is sent or run.',
    'Release it with `orchestrator halt --release` when all is well.',
  ),
  'control.busy': info(
    false,
    'The plan cannot be changed at this moment: it is being made or changed.',
    'Try again in a moment.',
  ),
  'control.stale': info(
    false,
    'The plan is no longer the one the edit was made for.',
    'Look at the plan again, then send the edit with its current revision.',
  ),
  'control.conflict': info(
    false,
    'A task that the edit concerns has started or ended meanwhile; nothing was changed.',
    'Look at the task’s state, then edit what has not started, or retry what has failed.',
  ),
  'control.invalid': info(false, 'The request to the goal does not fit.', 'Correct the named field and send it again.'),
  'control.crowded': info(
    false,
    'The goal or conversation is told more at once than Temporal takes: ten requests wait for its worker.',
    'Send it again when some of them have been answered.',
  ),
  'conversation.full': info(
    false,
    'Too many messages of the conversation wait for their answers.',
    'Wait for answers, then send it again.',
  ),
  'tool.failed': info(false, 'A tool could not be run.', 'Read the message; the agent is told as well.'),
  'tool.outcome-unknown': info(
    false,
    'A side effect may or may not have happened.',
    'Look at the target, then decide.',
  ),
  'store.unavailable': info(true, 'The database does not answer.', 'Check that it runs; work goes on when it is back.'),
  'store.not-found': info(false, 'A referenced record is missing from the store.', 'Restore the store from a backup.'),
  'worker.memory': info(
    true,
    'The worker is short of memory.',
    'Nothing; the call is made when memory is free, or by another worker. Set worker.memoryLimitMb when it is too low.',
  ),
  'payload.too-large': info(false, 'A value is too big to enter a workflow.', 'Report it: texts must go by reference.'),
  'internal.bug': info(false, 'A state that should not occur.', 'Report it with the goal id.'),
} as const satisfies Record<string, FailureInfo>;

export type FailureType = keyof typeof FAILURES;

/** Options of `failure`. `nextRetryDelayMs` overrides the retry policy's back-off once. */
export interface FailureOptions {
  readonly nextRetryDelayMs?: number;
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
  readonly cause?: Error;
}

/** The only way to raise a failure in workflow and activity code. */
export function failure(type: FailureType, message: string, options: FailureOptions = {}): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: !FAILURES[type].retryable,
    ...(options.details ? { details: [options.details] } : {}),
    ...(options.cause ? { cause: options.cause } : {}),
    ...(options.nextRetryDelayMs === undefined ? {} : { nextRetryDelay: options.nextRetryDelayMs }),
  });
}

/** The failure type of an error or of its causes, when it is one of ours. */
export function failureType(error: unknown): FailureType | undefined {
  // Bounded: causes may go in a circle.
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 20; at = at.cause, depth++) {
    if (at instanceof ApplicationFailure && at.type && at.type in FAILURES) return at.type as FailureType;
  }
  return undefined;
}

/** Host-side error: what happened, to what, and what to do now. */
export class OrchestratorError extends Error {
  override readonly name = 'OrchestratorError';
  readonly code: string;
  readonly remedy: string;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { remedy: string; facts?: Record<string, unknown>; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
    this.facts = options.facts ?? {};
  }
}
