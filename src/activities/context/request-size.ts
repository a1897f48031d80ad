/** How large a request is as JSON, measured once: with a long conversation or plan that takes milliseconds. Host side, pure. */
import type Anthropic from '@anthropic-ai/sdk';
import { oncePer } from '../../core/once-per.ts';

/** UTF-16 units and UTF-8 bytes. */
export interface RequestSize {
  readonly chars: number;
  readonly bytes: number;
}

/** The size of a request that is not changed any more. */
export const sizeOf = oncePer((request: Anthropic.MessageCreateParamsNonStreaming): RequestSize => {
  const { tools, system } = request;
  const lists: readonly (readonly object[])[] = [tools, system].filter(Array.isArray);
  const own = { ...request, ...(tools && { tools: [] }), ...(Array.isArray(system) && { system: [] }) };
  const commas = lists.reduce((sum, list) => sum + Math.max(0, list.length - 1), 0);
  const parts = [measured(own), ...lists.flat().map(sizeOfPart)];
  return {
    chars: parts.reduce((sum, { chars }) => sum + chars, commas),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, commas),
  };
});

/** Tools and the blocks of a system prompt are the same objects in many requests. */
const sizeOfPart = oncePer(measured);

function measured(value: object): RequestSize {
  const json = JSON.stringify(value);
  return { chars: json.length, bytes: Buffer.byteLength(json) };
}
