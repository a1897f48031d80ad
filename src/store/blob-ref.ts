/** References of blobs: what a text or plan will be called in the store. Pure, host side (node:crypto). */
import { createHash } from 'node:crypto';
import type { BlobRef } from '../core/contracts/refs.ts';
import { canonicalJson } from '../core/json.ts';
import type { Plan } from '../core/plan.ts';

/** The reference of bytes: their sha-256 in lower-case hex and their length. */
export function blobRef(bytes: Uint8Array): BlobRef {
  return { hash: sha256(bytes), bytes: bytes.length };
}

/** The bytes a plan is stored as: canonical JSON, so that equal plans have one hash. */
export function planBytes(plan: Plan): Uint8Array {
  return new TextEncoder().encode(canonicalJson(plan));
}

/** sha-256 of a text or of bytes, lower-case hex. */
export function sha256(value: string | Uint8Array): string {
  return createHash('sha256').update(value).digest('hex');
}
