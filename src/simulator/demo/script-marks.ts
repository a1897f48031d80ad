/** Sentences in the demo plan's instructions that tell the simulated worker its part; constants only. */

/** Stands at the head of every simulated text. */
export const SIMULATED_RESULT = "> Simulated output: no model was called; only the goal's own words are used.";
/** First line of a simulated deliverable. */
export const SIMULATED_DELIVERABLE =
  '> Simulated output: no model was called; this text is put together from the words of the goal and the task results.';

/** The first attempt ends as blocked; a retry succeeds. */
export const MARK_BLOCKED = 'Demo script: the first attempt reports itself blocked, to show a retry.';
/** The first version misses the last criterion, so that a check sends it back. */
export const MARK_SENT_BACK =
  'Demo script: the first version leaves out the last criterion, to show a check that fails.';
/** A file is written before the result is handed in. */
export const MARK_WRITES_FILE = 'Demo script: write the draft to a file before handing it in.';
/** Heads the question that an agent asks a person first; the rest of the instructions is the question. */
export const MARK_ASKS = 'Demo script: ask a person first:';
