/** How large a request is as JSON, measured once: with a long conversation or plan that takes milliseconds. Host side, pure. */
import type Anthropic from '@anthropic-ai/sdk';

/** UTF-16 units and UTF-8 bytes. */
export interface RequestSize {
  readonly chars: number;
  readonly bytes: number;
}

const known = new WeakMap<object, RequestSize>();

/** The size of a request that is not changed any more. */
export function sizeOf(request: Anthropic.MessageCreateParamsNonStreaming): RequestSize {
  const before = known.get(request);
  if (before) return before;
  const json = JSON.stringify(request);
  const size = { chars: json.length, bytes: Buffer.byteLength(json) };
  known.set(request, size);
  return size;
}
