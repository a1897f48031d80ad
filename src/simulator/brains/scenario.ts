/** A brain that follows a typed script, one step per request, and throws when it runs out. Host side. */
import type { Brain, SimulatedReply, SimulatedRequest } from '../contract.ts';
import type { Matcher } from './matchers.ts';

/** A reply, or what makes one; with `expect` the request must match. */
export type ScenarioStep =
  | SimulatedReply
  | ((request: SimulatedRequest) => SimulatedReply | Promise<SimulatedReply>)
  | { readonly expect: Matcher; readonly reply: SimulatedReply | ((request: SimulatedRequest) => SimulatedReply) };

const describe = (request: SimulatedRequest): string =>
  `${request.purpose} call${request.prompt.taskId ? ` of task "${request.prompt.taskId}"` : ''} (key "${request.key}")`;

/** Steps in the order of arrival, whatever their key. Throws past the last one and on a step that expects another request. */
export function scenario(steps: readonly ScenarioStep[]): Brain {
  let next = 0;
  return (request) => {
    const number = next + 1;
    const step = steps[next];
    next += 1;
    if (step === undefined) {
      throw new Error(`the scenario has ${steps.length} steps and request ${number} came: ${describe(request)}`);
    }
    if (typeof step === 'function') return step(request);
    if (!('expect' in step)) return step;
    if (!step.expect(request))
      throw new Error(`step ${number} of the scenario expects another request than this ${describe(request)}`);
    return typeof step.reply === 'function' ? step.reply(request) : step.reply;
  };
}
