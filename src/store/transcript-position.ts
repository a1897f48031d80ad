/** Positions of transcript entries within (goal, task, revision). Pure, sandbox-safe. */

/** Entries of one turn; the opening takes the positions below. */
const PER_TURN = 1_000;

/** Part 0 of a turn is the assistant's message. */
export function assistantPosition(turn: number): number {
  return turn * PER_TURN;
}

/** A note of the person that is taken up with `turn`: after all that was said before. */
export function notePosition(turn: number, index: number): number {
  return (turn - 1) * PER_TURN + 900 + index;
}

/** A tool's result, by its place among the turn's calls; the store writes those of `tools.finish` here. */
export function toolResultPosition(turn: number, index: number): number {
  return turn * PER_TURN + 1 + index;
}
