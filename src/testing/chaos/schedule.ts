/** The faults of one minute, dealt to lanes that work side by side: the same for the same seed. Test kit, pure. */
import { random, shuffled } from '../random.ts';
import { CELLS, FAULTS, type FaultKind, type Moment } from './fault-table.ts';

export const WORKERS = ['worker-1', 'worker-2'] as const;
/** The process of the run itself: it carries all lines. */
export const PROXIES = 'proxies';
export const LANES = [...WORKERS, 'servers', 'client'] as const;
export type Lane = (typeof LANES)[number];

export interface PlannedFault {
  readonly kind: FaultKind;
  readonly moment: Moment;
  readonly durationMs: number;
  /** Whose call is aimed at; on the lane of the servers either worker's. */
  readonly lane: Lane;
}

/** Every kind × moment once, in an order of the minute's own; the workers share theirs evenly. */
export function minuteOf(seed: number, minute: number): ReadonlyMap<Lane, readonly PlannedFault[]> {
  const next = random(seed * 1_000 + minute);
  const lanes = new Map<Lane, PlannedFault[]>(LANES.map((lane) => [lane, []]));
  let dealt = 0;
  for (const { kind, moment } of shuffled(next, CELLS)) {
    const { victim, lastsMs } = FAULTS[kind];
    const [least, most] = lastsMs;
    const durationMs = Math.round(least + next() * (most - least));
    const lane = victim === 'worker' ? (WORKERS[dealt++ % WORKERS.length] ?? 'worker-1') : victim;
    lanes.get(lane)?.push({ kind, moment, durationMs, lane });
  }
  return lanes;
}
