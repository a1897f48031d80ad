/** Tells requests apart by purpose, task and state. Pure. */
import type { SimulatedRequest } from '../contract.ts';
import type { Purpose } from '../parse-prompt.ts';

export type Matcher = (request: SimulatedRequest) => boolean;

const isPurpose =
  (purpose: Purpose): Matcher =>
  (request) =>
    request.purpose === purpose;

export const isPlanCall = isPurpose('plan');
export const isReplanCall = isPurpose('replan');
export const isSynthesisCall = isPurpose('synthesis');
export const isVerifyCall = isPurpose('verify');

const isOf =
  (purpose: Purpose, taskId: string | undefined): Matcher =>
  (request) =>
    request.purpose === purpose && (taskId === undefined || request.prompt.taskId === taskId);

/** Any task's call, or that of one task. */
export const isTaskCall = (taskId?: string): Matcher => isOf('task', taskId);

/** Any check, or that of one task's result. */
export const isCheckCall = (taskId?: string): Matcher => isOf('check', taskId);

/** A further revision or a retry: the prompt carries feedback. */
export const hasFeedback: Matcher = (request) => request.prompt.feedback !== undefined;

/** The n-th turn (from 1) of its conversation. */
export const isTurn =
  (turn: number): Matcher =>
  (request) =>
    request.prompt.turnsSoFar + 1 === turn;

/** The n-th request (from 1) with the same key. */
export const isAttempt =
  (attempt: number): Matcher =>
  (request) =>
    request.attempt === attempt;

/** The tool was called earlier in this conversation. */
export const hasCalled =
  (tool: string): Matcher =>
  (request) =>
    request.prompt.pastCalls.some((call) => call.name === tool);

export const always: Matcher = () => true;

/** All of them. */
export const allOf =
  (...matchers: readonly Matcher[]): Matcher =>
  (request) =>
    matchers.every((matcher) => matcher(request));

export const not =
  (matcher: Matcher): Matcher =>
  (request) =>
    !matcher(request);
