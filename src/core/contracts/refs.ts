/** References that cross the Temporal boundary in place of large values; sandbox-safe types. */

/** A content-addressed blob in the store. `hash` is the sha-256 of the bytes in lower-case hex. */
export interface BlobRef {
  readonly hash: string;
  readonly bytes: number;
}
