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
  /** What the person says while the agents are at work. */
  note: 'note_of_the_person',
  /** In the system prompt of a conversation with a person. */
  chat: 'conversation',
  /** What the software says in a conversation. */
  notice: 'notice',
  agents: 'agents',
  agent: 'agent',
} as const;

/** Tool whose results carry what was handed over: dependency results, the result under check. */
export const READ_RESULTS_TOOL = 'read_results';
/** Tool that ends a task. */
export const SUBMIT_TOOL = 'submit_result';
/** Tool with which an agent asks a person. */
export const ASK_PERSON_TOOL = 'ask_person';
