/** The one table of exit codes, as documented and as printed by `orchestrator --help`. Pure. */

/** Exit code per outcome. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  failed: 3,
  partial: 4,
  cancelled: 5,
  unavailable: 6,
  late: 7,
  interrupted: 130,
} as const;

/** What each exit code means. */
export const EXIT_CODES: readonly { readonly code: number; readonly meaning: string }[] = [
  { code: EXIT.ok, meaning: 'done; for `run` and `goals watch`: the goal was completed' },
  { code: EXIT.unexpected, meaning: 'an unexpected error' },
  { code: EXIT.usage, meaning: 'wrong usage, configuration, goal or plan; nothing was started' },
  { code: EXIT.failed, meaning: 'the goal failed' },
  { code: EXIT.partial, meaning: 'the goal ended partial: a deliverable with parts missing or not verified' },
  { code: EXIT.cancelled, meaning: 'the goal was cancelled' },
  { code: EXIT.unavailable, meaning: 'no running instance, or one of its servers is out of reach' },
  { code: EXIT.late, meaning: 'somebody else has decided before, and otherwise' },
  {
    code: EXIT.interrupted,
    meaning: 'interrupted: the start was called off, or the goal was left to go on (detached)',
  },
];

/** Exit code of a goal's final status. */
export function exitCodeOfStatus(status: string): number {
  if (status === 'completed') return EXIT.ok;
  if (status === 'partial') return EXIT.partial;
  return status === 'cancelled' ? EXIT.cancelled : EXIT.failed;
}

const USAGE = /^(goal|plan|schedule|config|agents|usage|input|approval|control|fork|budget|conversation)\./;
/** Of codes that begin like those of servers, what is wrong with a wish. */
const REFUSED: ReadonlySet<string> = new Set(['store.import-refused']);
const UNAVAILABLE = /^(instance|temporal|store|postgres|server)\./;

/** Exit code of an error by its dotted code; unknown ones are unexpected. */
export function exitCodeOfError(code: string | undefined): number {
  if (code === undefined) return EXIT.unexpected;
  if (code === 'instance.cancelled') return EXIT.interrupted;
  if (USAGE.test(code) || REFUSED.has(code) || code.startsWith('model.credentials')) return EXIT.usage;
  return UNAVAILABLE.test(code) ? EXIT.unavailable : EXIT.unexpected;
}
