/** Lets a call's request go, or ends the attempt: journal, room and budget in one round trip. Activity side. */
import type { CallModelResult } from '../core/contracts/calls.ts';
import { failure } from '../core/failures.ts';
import type { CallRequest } from '../store/admission.ts';
import type { NewEvent, Store } from '../store/store.ts';
import { type AdmitDeps, admitCall, type CallBound } from './admit-call.ts';
import type { Capacity, Permit } from './capacity.ts';
import type { CallContext } from './context/call-context.ts';

/** What entering needs. */
export interface EnterDeps extends AdmitDeps {
  readonly store: Store;
  readonly capacity: Capacity;
  /** Requests of one call that may fail before it is given up. */
  readonly maxFailures: number;
}

/** The request may go, with its room and its bound; or the call was answered before. */
export type Entered =
  | { readonly recorded: CallModelResult }
  | { readonly recorded?: undefined; readonly permit: Permit; readonly bound: CallBound };

/** Counts the request and holds room and price for it; what is not to be sent leaves its room to others. */
export async function enterCall(
  deps: EnterDeps,
  context: CallContext,
  options: { readonly signal: AbortSignal; readonly events: readonly NewEvent[] },
): Promise<Entered> {
  const { capacity, maxFailures } = deps;
  const wish = await capacity.wish(context);
  let permit: Permit | undefined;
  const door = async (request: CallRequest) => {
    const entry = await deps.store.journal.enter(context.input, request, { maxFailures, ...wish });
    if (entry.state === 'recorded') return entry;
    if (entry.state === 'exhausted') throw exhausted(entry.failures, 'see the earlier attempts');
    if (entry.state === 'no-room') throw await capacity.refused(wish.call, entry.place);
    permit = await capacity.entered(context, wish.call, entry.pass);
    return entry.admission;
  };
  try {
    const admitted = await admitCall(deps, context, { ...options, door });
    if (admitted.recorded) {
      permit?.unused();
      return admitted;
    }
    if (!permit) throw failure('internal.bug', 'a call was admitted without room');
    return { permit, bound: admitted.bound };
  } catch (error) {
    permit?.unused();
    throw error;
  }
}

/** The call has failed too often. */
export function exhausted(failures: number, last: string): Error {
  return failure('model.attempts-exhausted', `the call failed ${failures} times; last: ${last}`);
}
