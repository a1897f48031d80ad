/** What a call is named in a batch. Host side, pure. */
import { createHash } from 'node:crypto';
import { callKey } from '../../core/contracts/ids.ts';
import type { CallId } from '../../store/store.ts';

/** The hash of the call's key: 64 characters, the most that a custom id may have. The same in every batch. */
export function customIdOf(call: Omit<CallId, 'tenant'>): string {
  return createHash('sha256').update(callKey(call)).digest('hex');
}
