/** One HTTP call as the routes see it. Host side, types only. */
import type { ServerResponse } from 'node:http';

export interface Call {
  readonly method: string;
  /** Path without the query, e.g. `/v1/messages`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON body; undefined when there is none. */
  readonly body: unknown;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** Fires when the client leaves or the simulator closes. */
  readonly gone: AbortSignal;
}
