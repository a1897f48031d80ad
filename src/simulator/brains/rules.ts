/** A brain of rules: the first one that matches answers, and none matching is an error. Host side. */
import type { Brain, SimulatedReply, SimulatedRequest } from '../contract.ts';
import type { Matcher } from './matchers.ts';

export interface Rule {
  readonly when: Matcher;
  readonly reply: SimulatedReply | ((request: SimulatedRequest) => SimulatedReply | Promise<SimulatedReply>);
  /** How often it answers before it is passed over. Default: always. */
  readonly times?: number;
}

/** Tries the rules in order. Throws when none matches. */
export function rules(list: readonly Rule[]): Brain {
  const uses = list.map(() => 0);
  return (request) => {
    const at = list.findIndex(
      (rule, index) => (uses[index] ?? 0) < (rule.times ?? Number.POSITIVE_INFINITY) && rule.when(request),
    );
    const rule = list[at];
    if (!rule) {
      const task = request.prompt.taskId ? ` of task "${request.prompt.taskId}"` : '';
      throw new Error(
        `no rule matches this ${request.purpose} call${task} (key "${request.key}", attempt ${request.attempt})`,
      );
    }
    uses[at] = (uses[at] ?? 0) + 1;
    return typeof rule.reply === 'function' ? rule.reply(request) : rule.reply;
  };
}
