/** Works through the schedule: four lanes side by side, every kind × moment once a minute. Test kit, host side. */
import { setTimeout as sleep } from 'node:timers/promises';
import { carryOut, type DoneFault } from './carry-out.ts';
import { LANES, type Lane, minuteOf, type PlannedFault } from './schedule.ts';
import type { Stage } from './stage.ts';

const MINUTE_MS = 60_000;
/** The part of a minute over which its faults are spread: what is late has the rest to catch up. */
const SPREAD_MS = 52_000;
/** How much later than its minutes a run may end, on a machine too busy for the faults of its last one. */
const LATE_MS = 60_000;

export interface InjectOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly signal: AbortSignal;
  readonly onFault: (fault: DoneFault) => void;
}

/** Runs the minutes' faults; gives those that were carried out, in the order they began. */
export async function inject(stage: Stage, options: InjectOptions): Promise<readonly DoneFault[]> {
  const { seed, minutes, signal, onFault } = options;
  const startedAt = performance.now();
  const endsAt = startedAt + minutes * MINUTE_MS + LATE_MS;
  const done: DoneFault[] = [];
  let count = 0;
  const work = async (lane: Lane): Promise<void> => {
    for (let minute = 0; minute < minutes; minute++) {
      const planned = minuteOf(seed, minute).get(lane) ?? [];
      const queue = planned.map((fault, at) => ({
        fault,
        dueAt: startedAt + minute * MINUTE_MS + (at * SPREAD_MS) / planned.length,
      }));
      for (const { fault, dueAt } of queue) {
        await wait(dueAt - performance.now(), signal);
        if (signal.aborted || performance.now() > endsAt) return;
        const carried = await carryOut(stage, fault, () => ++count);
        if (carried === undefined) queue.push({ fault, dueAt });
        else {
          done.push(carried);
          onFault(carried);
        }
      }
    }
  };
  await Promise.all(LANES.map(work));
  await wait(startedAt + minutes * MINUTE_MS - performance.now(), signal);
  return done.sort((a, b) => a.number - b.number);
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** A fault as a line. */
export function describeFault({ kind, moment, lane }: PlannedFault): string {
  return `${lane}: ${kind}, ${moment}`;
}
