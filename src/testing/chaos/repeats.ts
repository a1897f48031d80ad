/** Requests that were paid and whose answers nobody has: each with the fault that is to blame. Test kit, pure. */

import type { Accounts, RecordedCall, SeenRequest } from './accounts.ts';
import type { DoneFault } from './carry-out.ts';
import { PROXIES } from './schedule.ts';

/** A request that was billed beside the recorded one of its call. */
export interface Repeat {
  readonly request: SeenRequest;
  readonly microUsd: number;
  /** The last that can have caused it, and is not to blame for another of the same call; undefined: none can. */
  readonly fault?: DoneFault;
  /** No fault, but the machine: a process stood still meanwhile. */
  readonly stalled: boolean;
  /** It was sent when the answer to the call had been recorded. */
  readonly late: boolean;
}

/** What a fault does is over so much later: missed heartbeats, reconnects, ms. */
const AFTERMATH_MS = 2_500;
/** Clocks of one machine, read by several processes, ms. */
const CLOCK_MS = 50;

type Known = Pick<Accounts, 'requests' | 'calls'>;

/** All of them, in the order they were sent. */
export function repeatsOf(accounts: Known & Pick<Accounts, 'faults' | 'stalls'>): Repeat[] {
  const { requests, calls, faults, stalls } = accounts;
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
    const late = call !== undefined && request.at > call.recordedAt + CLOCK_MS;
    const stalled =
      !fault &&
      stalls.some(
        ({ process, at, endedAt }) =>
          (process === PROXIES || process === request.process) && at <= until && request.at <= endedAt + AFTERMATH_MS,
      );
    return [{ request, microUsd: request.billedMicroUsd, stalled, late, ...(fault === undefined ? {} : { fault }) }];
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

/** Whether it hit the process that sent the request, or all. */
function hits(fault: DoneFault, request: SeenRequest): boolean {
  return fault.lane === 'servers' || fault.process === request.process;
}

function overAt(fault: DoneFault): number {
  return fault.endedAt + AFTERMATH_MS;
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
