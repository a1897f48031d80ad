/** Tags that structure our prompts; the simulator's demo reads them. Constants only. */

export const PROMPT_TAGS = {
  /** In every system prompt: the goal's text. */
  goal: 'goal',
  /** First user message of a planning call. */
  planRequest: 'planning_request',
  replanRequest: 'replanning_request',
  /** First user message of a task: `<task id="…" title="…">instructions</task>`. */
  task: 'task',
  criteria: 'acceptance_criteria',
  criterion: 'criterion',
  checkRequest: 'check_request',
  synthesisRequest: 'synthesis_request',
  verifyRequest: 'verification_request',
  /** Feedback of the checker, or the failure that a retry follows. */
  feedback: 'feedback',
  agents: 'agents',
  agent: 'agent',
} as const;

/** Tool whose results carry what was handed over: dependency results, the result under check. */
export const READ_RESULTS_TOOL = 'read_results';
/** Tool that ends a task. */
export const SUBMIT_TOOL = 'submit_result';
