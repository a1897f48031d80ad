/** Texts on their way into the store: bytes with their reference. Host side, pure. */
import { createHash } from 'node:crypto';
import type { BlobRef } from '../core/contracts/refs.ts';

/** A text and the reference it will have once stored. */
export interface PreparedBlob {
  readonly ref: BlobRef;
  readonly bytes: Uint8Array;
}

/** UTF-8 bytes of `text` with their content hash. */
export function prepareBlob(text: string): PreparedBlob {
  const bytes = Buffer.from(text, 'utf8');
  return { ref: { hash: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }, bytes };
}
