/** Sends a message as one JSON body, with the faults that apply to it. Host side. */
import type { ServerResponse } from 'node:http';
import type { MessageReply } from '../contract.ts';
import { createBodyWriter, type Sent } from '../http/body-writer.ts';
import { wait } from '../wait.ts';
import type { BuiltMessage } from './build-message.ts';
import { distortMessage, toWire } from './distort.ts';

const FOREVER_MS = 2_147_483_647;

/** Sends the body; headers must be set and not yet sent. Throws on a fault that only a stream can have. */
export async function sendJson(
  response: ServerResponse,
  { message }: BuiltMessage,
  { reply, gone }: { readonly reply: MessageReply; readonly gone: AbortSignal },
): Promise<Sent> {
  const { fault } = reply;
  const body = toWire(distortMessage(message, reply.distortion));
  const half = body.slice(0, Math.floor(body.length / 2));
  const streamOnly = ['error-event', 'malformed-event', 'second-start', 'flood'];
  if (fault && streamOnly.includes(fault.kind)) throw new Error(`fault "${fault.kind}" needs a streamed request`);
  response.setHeader('content-type', 'application/json');
  response.flushHeaders();
  const writer = createBodyWriter(response, gone, fault);
  if (fault?.kind === 'truncate' || fault?.kind === 'cut' || fault?.kind === 'reset') {
    await writer.write(half);
    if (fault.kind === 'reset') writer.reset();
    else await writer.end();
    return 'faulted';
  }
  if (fault?.kind === 'stall') {
    if (fault.afterEvents !== 0) await writer.write(half);
    await wait(fault.forMs ?? FOREVER_MS, gone);
    if (!writer.isOpen) return 'faulted';
    await writer.write(fault.afterEvents === 0 ? body : body.slice(half.length));
    return writer.end();
  }
  await writer.write(body);
  return writer.end();
}
