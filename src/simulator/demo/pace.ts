/** The demo's tempo: seeded latencies and text that streams visibly. Pure. */
import type { MessageReply, SimulatedRequest } from '../contract.ts';

/** Latency of a call in ms, between the two, and the pause between streamed pieces of text. */
export interface Pace {
  readonly minLatencyMs: number;
  readonly maxLatencyMs: number;
  /** Longest time that a deliverable streams, ms; structured answers take a third of it. */
  readonly maxStreamMs: number;
}

export const DEMO_PACE: Pace = { minLatencyMs: 200, maxLatencyMs: 700, maxStreamMs: 900 };

const CHUNK_CHARS = 24;
const CHUNK_PAUSE_MS = 12;

/** A number in [0, 1) from a text: FNV-1a. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash / 0x1_0000_0000;
}

/** The reply at the demo's tempo; the same request and seed give the same latency. */
export function paced(
  reply: MessageReply,
  request: SimulatedRequest,
  { pace, seed }: { pace: Pace; seed: string },
): MessageReply {
  const { purpose, prompt, params } = request;
  const share = fraction([seed, purpose, prompt.taskId, prompt.goal, params.messages.length].join('\n'));
  const latencyMs = Math.round(pace.minLatencyMs + share * (pace.maxLatencyMs - pace.minLatencyMs));
  const chars = reply.content.reduce((sum, block) => sum + (block.type === 'text' ? block.text.length : 0), 0);
  if (chars === 0) return { ...reply, latencyMs };
  const streamMs = params.output_config?.format ? pace.maxStreamMs / 3 : pace.maxStreamMs;
  const pauses = Math.max(1, Math.floor(streamMs / CHUNK_PAUSE_MS));
  const chunkChars = Math.max(CHUNK_CHARS, Math.ceil(chars / pauses));
  return { ...reply, latencyMs, chunkChars, chunkDelayMs: pace.maxStreamMs > 0 ? CHUNK_PAUSE_MS : 0 };
}
