/** The Claude simulator: server, brains, replies. Host side. */
export {
  allOf,
  always,
  hasCalled,
  hasFeedback,
  isAttempt,
  isCheckCall,
  isPlanCall,
  isReplanCall,
  isSynthesisCall,
  isTaskCall,
  isTurn,
  isVerifyCall,
  type Matcher,
  not,
} from './brains/matchers.ts';
export { type Rule, rules } from './brains/rules.ts';
export { type ScenarioStep, scenario } from './brains/scenario.ts';
export type { Brain, ErrorReply, Fault, MessageReply, RawReply, SimulatedReply, SimulatedRequest } from './contract.ts';
export { type DemoOptions, demoBrain } from './demo/demo-brain.ts';
export {
  cutStream,
  errorMidStream,
  htmlPage,
  resetStream,
  stallAfterHeaders,
  stallMidStream,
  truncatedBody,
  withDistortion,
  withFault,
  withoutUsage,
  withWrongUsage,
} from './faults.ts';
export { type ParsedPrompt, parsePrompt } from './parse-prompt.ts';
export {
  apiError,
  blocked,
  contextExceeded,
  duplicateToolIds,
  json,
  manyToolUses,
  message,
  overloaded,
  pauseTurn,
  plan,
  rateLimited,
  refusal,
  spendLimit,
  submit,
  text,
  thinking,
  toolUse,
  toolUses,
  truncatedText,
  truncatedToolUse,
  unknownStopReason,
  verdicts,
  withLatency,
  withUsage,
} from './replies.ts';
export type { BillLine, Outcome, RequestEntry, RequestLog } from './request-log.ts';
export { type Simulator, type SimulatorOptions, startSimulator } from './start-simulator.ts';
