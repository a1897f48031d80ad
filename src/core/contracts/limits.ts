/** Hard limits shared by every door and by the workflow; sandbox-safe constants. */

/** Largest value, in bytes of JSON, that may enter any Temporal payload (guarantee G12). */
export const MAX_PAYLOAD_BYTES = 128 * 1024;
/** Longest goal text, in UTF-8 bytes. */
export const MAX_GOAL_BYTES = 64 * 1024;
/** Tasks a plan may have unless the configuration says otherwise. */
export const DEFAULT_MAX_TASKS = 200;
/** Tasks a plan may have at the very most. */
export const ABSOLUTE_MAX_TASKS = 1_000;
/** Dependency edges a plan may have at the very most; keeps the skeleton within one payload. */
export const MAX_EDGES = 5_000;
/** Tool calls taken from one model turn; the ones beyond are answered with an error result. */
export const MAX_TOOL_CALLS_PER_TURN = 50;
/** Nesting depth that parsed JSON may have. */
export const MAX_JSON_DEPTH = 64;
/** Longest text kept in a reason, summary or label that enters history, in UTF-8 bytes. */
export const MAX_LABEL_BYTES = 200;

/** Priority of goals that name none: 1 (last) to 5 (first). */
export const DEFAULT_PRIORITY = 3;

/** A goal's priority, 1 (last) to 5 (first), as Temporal counts: 1 is first. */
export function priorityKey(priority: number): number {
  return 6 - priority;
}
