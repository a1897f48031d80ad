/** Puts wrong fields on the wire where a script asks for it; pure. */
import type Anthropic from '@anthropic-ai/sdk';
import type { Distortion } from '../contract.ts';

const INFINITY_MARK = '\u0000infinity';

/** JSON text in which `Infinity` stands as `1e999`, so that the reader gets it back. */
export function toWire(value: unknown): string {
  const text = JSON.stringify(value, (_key, member: unknown) =>
    member === Number.POSITIVE_INFINITY ? INFINITY_MARK : member,
  );
  return text.replaceAll(JSON.stringify(INFINITY_MARK), '1e999');
}

type Loose = Record<string, unknown>;

function distortUsage(usage: unknown, to: NonNullable<Distortion['usage']>): unknown {
  if (to === 'missing') return undefined;
  return { ...(usage as Loose), ...to };
}

/** A message with the wrong fields; unchanged without a distortion. */
export function distortMessage(message: Anthropic.Message, to: Distortion | undefined): unknown {
  if (!to) return message;
  return {
    ...message,
    ...(to.messageId === undefined ? {} : { id: to.messageId }),
    ...(to.stopReason === undefined ? {} : { stop_reason: to.stopReason }),
    ...(to.usage === undefined ? {} : { usage: distortUsage(message.usage, to.usage) }),
  };
}

/** A stream event with the wrong fields; unchanged without a distortion. */
export function distortEvent(event: Anthropic.RawMessageStreamEvent, to: Distortion | undefined): unknown {
  if (!to) return event;
  if (event.type === 'message_start') {
    const { stopReason: _later, ...now } = to;
    return { ...event, message: distortMessage(event.message, now) };
  }
  if (event.type !== 'message_delta') return event;
  const delta = to.stopReason === undefined ? event.delta : { ...event.delta, stop_reason: to.stopReason };
  const usage = to.usage === undefined ? event.usage : distortUsage(event.usage, to.usage);
  return { ...event, delta, usage };
}
