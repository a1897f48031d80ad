/** What goes wrong, and at which moment: the table that a chaos run has to fill. Test kit, pure. */

/**
 * Moments of a model call: counted in the journal and not yet sent · sent and not yet answered · answered and about to
 * be recorded · recorded, which its worker does not know yet.
 */
export const CALL_MOMENTS = ['before-send', 'in-flight', 'before-commit', 'after-commit'] as const;
/** Moments of a submission: stored and not yet started · started, which the client does not know yet. */
export const START_MOMENTS = ['stored', 'started'] as const;
export const MOMENTS = [...CALL_MOMENTS, ...START_MOMENTS] as const;
export type Moment = (typeof MOMENTS)[number];

/** Who is hit: one worker at a time by each of two lanes, the servers of all by a third, the client by a fourth. */
export type Victim = 'worker' | 'servers' | 'client';

export interface FaultRow {
  readonly victim: Victim;
  readonly moments: readonly Moment[];
  /** How long it lasts, ms, between these; kills last until the process is back. */
  readonly lastsMs: readonly [number, number];
}

/** Longer than the heartbeat timeout of 2 s: somebody else takes over what the victim still believes to do. */
const OUTLIVES_HEARTBEAT = [3_000, 4_000] as const;
const SHORT = [200, 1_000] as const;

/** Every kind of fault with the moments at which it makes a difference. */
export const FAULTS = {
  'worker killed': { victim: 'worker', moments: CALL_MOMENTS, lastsMs: [0, 0] },
  'worker frozen': { victim: 'worker', moments: CALL_MOMENTS, lastsMs: OUTLIVES_HEARTBEAT },
  'Claude line cut': { victim: 'worker', moments: ['before-send', 'in-flight'], lastsMs: SHORT },
  'Claude line silent': { victim: 'worker', moments: ['in-flight'], lastsMs: [4_500, 5_000] },
  'Claude line slow': { victim: 'worker', moments: ['in-flight'], lastsMs: SHORT },
  'Claude answer cut off': { victim: 'worker', moments: ['in-flight'], lastsMs: [300, 600] },
  'store line cut': { victim: 'worker', moments: CALL_MOMENTS, lastsMs: SHORT },
  'store line silent': { victim: 'worker', moments: ['before-commit', 'after-commit'], lastsMs: [1_500, 3_000] },
  'store line slow': { victim: 'worker', moments: ['before-commit'], lastsMs: SHORT },
  'Temporal line cut': { victim: 'worker', moments: ['in-flight', 'after-commit'], lastsMs: SHORT },
  'Temporal line silent': { victim: 'worker', moments: ['in-flight', 'after-commit'], lastsMs: OUTLIVES_HEARTBEAT },
  'Temporal line slow': { victim: 'worker', moments: ['after-commit'], lastsMs: SHORT },
  'store killed': { victim: 'servers', moments: CALL_MOMENTS, lastsMs: [0, 0] },
  'Temporal killed': { victim: 'servers', moments: CALL_MOMENTS, lastsMs: [0, 0] },
  'client killed': { victim: 'client', moments: START_MOMENTS, lastsMs: [0, 0] },
  'client line cut': { victim: 'client', moments: START_MOMENTS, lastsMs: SHORT },
} as const satisfies Record<string, FaultRow>;

export type FaultKind = keyof typeof FAULTS;

export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

/** Every kind × moment that a run must have seen. */
export const CELLS: readonly { readonly kind: FaultKind; readonly moment: Moment }[] = FAULT_KINDS.flatMap((kind) =>
  FAULTS[kind].moments.map((moment) => ({ kind, moment })),
);
