/** Picks the interpretation that fits a call's purpose. Host side. */
import type Anthropic from '@anthropic-ai/sdk';
import type { CallContext } from '../context/call-context.ts';
import { interpretChat } from './chat.ts';
import { interpretCheck } from './check.ts';
import type { Interpretation } from './interpretation.ts';
import { interpretPlan } from './plan.ts';
import { interpretSynthesis } from './synthesis.ts';
import { interpretTask } from './task.ts';

/** What `message` comes to, for the call that `context` describes. Pure. */
export function interpret(context: CallContext, message: Anthropic.Message): Interpretation {
  const answer = { ...context.answer, message };
  switch (context.input.purpose) {
    case 'plan':
    case 'replan':
      return interpretPlan(answer);
    case 'task':
      return interpretTask(answer, context.toolNames);
    case 'check':
    case 'verify':
      return interpretCheck(answer, context.material);
    case 'synthesis':
      return interpretSynthesis(answer);
    case 'chat':
      return interpretChat(answer, context.toolNames);
  }
}
