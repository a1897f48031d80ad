/** Sends a message as server-sent events, with the faults that a script asks for. Host side. */
import type { ServerResponse } from 'node:http';
import { errorBody } from '../api-error.ts';
import type { Fault, MessageReply } from '../contract.ts';
import { type BodyWriter, createBodyWriter, type Sent } from '../http/body-writer.ts';
import { wait } from '../wait.ts';
import type { BuiltMessage } from './build-message.ts';
import { distortEvent, toWire } from './distort.ts';
import { streamEvents } from './stream-events.ts';

const FOREVER_MS = 2_147_483_647;
const PING = 'event: ping\ndata: {"type": "ping"}\n\n';

interface SseEvent {
  readonly name: string;
  readonly text: string;
  readonly isDelta: boolean;
}

function sseEvents(built: BuiltMessage, reply: MessageReply): SseEvent[] {
  return streamEvents(built, reply.chunkChars).map((event) => ({
    name: event.type,
    text: `event: ${event.type}\ndata: ${toWire(distortEvent(event, reply.distortion))}\n\n`,
    isDelta: event.type === 'content_block_delta',
  }));
}

async function writeEvents(writer: BodyWriter, events: readonly SseEvent[], pauseMs: number): Promise<void> {
  for (const event of events) {
    if (!writer.isOpen) return;
    await writer.write(event.name === 'message_start' ? event.text + PING : event.text);
    if (event.isDelta && pauseMs > 0) await wait(pauseMs, writer.gone);
  }
}

/** How many events go out before the fault: as asked, else half of them, the end never included. */
function eventsBefore(fault: Fault, events: readonly SseEvent[]): number {
  const asked = 'afterEvents' in fault ? fault.afterEvents : undefined;
  return Math.min(asked ?? Math.max(2, Math.floor(events.length / 2)), events.length - 1);
}

async function stall(writer: BodyWriter, fault: Fault & { kind: 'stall' }): Promise<void> {
  const end = Date.now() + (fault.forMs ?? FOREVER_MS);
  while (writer.isOpen && Date.now() < end) {
    await wait(Math.min(fault.pingEveryMs ?? FOREVER_MS, end - Date.now()), writer.gone);
    if (fault.pingEveryMs !== undefined) await writer.write(PING);
  }
}

async function flood(writer: BodyWriter, bytes: number): Promise<void> {
  const delta = { type: 'text_delta', text: 'flood '.repeat(2_000) };
  const event = `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta })}\n\n`;
  for (let sent = 0; sent < bytes && writer.isOpen; sent += event.length) await writer.write(event);
}

interface FaultyStream {
  readonly writer: BodyWriter;
  readonly events: readonly SseEvent[];
  readonly next: SseEvent | undefined;
  readonly requestId: string;
}

/** Does the damage; true when the connection is to be ended cleanly afterwards. */
async function damage(fault: Fault, { writer, events, next, requestId }: FaultyStream): Promise<boolean> {
  if (fault.kind === 'truncate') await writer.write(next?.text.slice(0, Math.ceil(next.text.length / 2)) ?? '');
  if (fault.kind === 'malformed-event')
    await writer.write('event: content_block_delta\ndata: {"type": "content_bl\n\n');
  if (fault.kind === 'second-start') {
    const start = events[0]?.text.replace(/"id":"[^"]*"/, '"id":"msg_of_another_request"') ?? '';
    await writer.write(start);
  }
  if (fault.kind === 'error-event')
    await writer.write(`event: error\ndata: ${JSON.stringify(errorBody(fault, requestId))}\n\n`);
  if (fault.kind === 'flood') await flood(writer, fault.bytes);
  if (fault.kind === 'reset') writer.reset();
  return fault.kind !== 'reset';
}

/** Sends the stream; headers must be set and not yet sent. */
export async function sendStream(
  response: ServerResponse,
  built: BuiltMessage,
  { reply, gone, requestId }: { readonly reply: MessageReply; readonly gone: AbortSignal; readonly requestId: string },
): Promise<Sent> {
  response.setHeader('content-type', 'text/event-stream; charset=utf-8');
  response.setHeader('cache-control', 'no-cache');
  response.flushHeaders();
  const { fault } = reply;
  const writer = createBodyWriter(response, gone, fault);
  const events = sseEvents(built, reply);
  const pauseMs = reply.chunkDelayMs ?? 0;
  if (!fault || fault.kind === 'slow' || fault.kind === 'split-utf8') {
    await writeEvents(writer, events, pauseMs);
    return writer.end();
  }
  const before = eventsBefore(fault, events);
  await writeEvents(writer, events.slice(0, before), pauseMs);
  if (fault.kind === 'stall') {
    await stall(writer, fault);
    if (!writer.isOpen) return 'faulted';
    await writeEvents(writer, events.slice(before), pauseMs);
    return writer.end();
  }
  const endCleanly = await damage(fault, { writer, events, next: events[before], requestId });
  if (endCleanly && fault.kind !== 'second-start') await writer.end();
  if (fault.kind === 'second-start') {
    await writeEvents(writer, events.slice(before), pauseMs);
    await writer.end();
  }
  return 'faulted';
}
