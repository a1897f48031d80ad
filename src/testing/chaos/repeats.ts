/** Requests that were paid and whose answers nobody has: each with the fault that is to blame. Test kit, pure. */

import type { SeenStall } from '../stalls.ts';
import type { Accounts, RecordedCall, SeenRequest } from './accounts.ts';
import type { DoneFault } from './carry-out.ts';
import type { FaultKind } from './fault-table.ts';
import { PROXIES } from './schedule.ts';

/** A request that was billed beside the recorded one of its call. */
export interface Repeat {
  readonly request: SeenRequest;
  readonly microUsd: number;
  /** The last that can have caused it, and is not to blame for another of the same call; undefined: none can. */
  readonly fault?: DoneFault;
  /** No fault, but the machine: a process stood still meanwhile, or was too busy for Temporal to hear of it in time. */
  readonly machine?: 'stood still' | 'was heard too late';
  /** It was sent although the answer to the call had been recorded, and nothing held it up since it was let go. */
  readonly late: boolean;
}

/** What a fault does is over so much later: missed heartbeats, reconnects, ms. */
const AFTERMATH_MS = 2_500;
/** From the admission of a request, which finds no answer, to its arrival, on a busy machine, ms. */
const UNDER_WAY_MS = 1_000;
/** Faults that hold a process or its lines up between the two: it goes by what was true before. */
const HOLD_UP: readonly FaultKind[] = [
  'worker frozen',
  'store line silent',
  'store line slow',
  'Claude line silent',
  'Claude line slow',
];

type Known = Pick<Accounts, 'requests' | 'calls'>;
type Causes = Pick<Accounts, 'faults' | 'stalls'>;
type Span = Pick<DoneFault, 'at' | 'endedAt'>;

/** All of them, in the order they were sent. */
export function repeatsOf(accounts: Known & Causes & Pick<Accounts, 'workflows'>): Repeat[] {
  const { requests, calls, faults, stalls, workflows } = accounts;
  const givenUp = new Set(workflows.flatMap(({ callsGivenUp }) => [...callsGivenUp]));
  const byKey = new Map(calls.map((call) => [call.key, call]));
  const blamed = new Set<string>();
  return requests.flatMap((request) => {
    const call = byKey.get(request.key);
    if (request.billedMicroUsd === undefined || call?.requestId === request.id) return [];
    const until = neededUntil(request, { requests, call });
    const fault = faults.findLast(
      (one) =>
        hits(one, request) &&
        one.at <= until &&
        request.at <= overAt(one) &&
        !blamed.has(`${request.key} ${one.number}`),
    );
    blamed.add(`${request.key} ${fault?.number}`);
    const late = call !== undefined && isLate(request, call, { faults, stalls });
    const stood = stalls.some((stall) => stops(stall, request) && stall.at <= until && request.at <= overAt(stall));
    const machine: Repeat['machine'] = stood
      ? 'stood still'
      : givenUp.has(request.key)
        ? 'was heard too late'
        : undefined;
    const cause = fault ? { fault } : machine ? { machine } : {};
    return [{ request, microUsd: request.billedMicroUsd, late, ...cause }];
  });
}

/** Requests under way that a fault can have hit. */
export function inFlightAt(fault: DoneFault, { requests, calls }: Known): number {
  const byKey = new Map(calls.map((call) => [call.key, call]));
  return requests.filter((request) => {
    const until = neededUntil(request, { requests, call: byKey.get(request.key) });
    return hits(fault, request) && request.at <= overAt(fault) && until >= fault.at;
  }).length;
}

function isLate(request: SeenRequest, { recordedAt }: RecordedCall, { faults, stalls }: Causes): boolean {
  const between = (one: Span) => one.at <= request.at && recordedAt <= overAt(one);
  const heldUp =
    faults.some((one) => HOLD_UP.includes(one.kind) && hits(one, request) && between(one)) ||
    stalls.some((one) => stops(one, request) && between(one));
  return request.at > recordedAt + UNDER_WAY_MS && !heldUp;
}

/** Whether what stood still carries the request, or sends it. */
function stops({ process }: SeenStall, request: SeenRequest): boolean {
  return process === PROXIES || process === request.process;
}

/** Whether it hit the process that sent the request, or all. */
function hits(fault: DoneFault, request: SeenRequest): boolean {
  return fault.lane === 'servers' || fault.process === request.process;
}

function overAt({ endedAt }: Span): number {
  return endedAt + AFTERMATH_MS;
}

/** Until when a request can be the one that counts: its answer is recorded, or somebody sends another. */
function neededUntil(
  request: SeenRequest,
  { requests, call }: { requests: readonly SeenRequest[]; call: RecordedCall | undefined },
): number {
  if (call?.requestId === request.id) return call.recordedAt;
  const later = requests.filter((other) => other.key === request.key && other.at > request.at).map(({ at }) => at);
  const next = Math.min(...later, call?.recordedAt ?? Number.POSITIVE_INFINITY);
  return Math.max(next, request.at + (request.durationMs ?? 0));
}
