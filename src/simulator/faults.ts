/** Builders of replies that go wrong on the wire. Pure. */
import type { Distortion, Fault, MessageReply, RawReply } from './contract.ts';

/** The same message, sent with this fault. */
export const withFault = (fault: Fault, reply: MessageReply): MessageReply => ({ ...reply, fault });

/** The same message with wrong fields on the wire. */
export const withDistortion = (distortion: Distortion, reply: MessageReply): MessageReply => ({ ...reply, distortion });

/** The stream ends cleanly before `message_stop`. */
export const cutStream = (reply: MessageReply, afterEvents?: number): MessageReply =>
  withFault({ kind: 'cut', afterEvents }, reply);

/** TCP reset in the middle. */
export const resetStream = (reply: MessageReply, afterEvents?: number): MessageReply =>
  withFault({ kind: 'reset', afterEvents }, reply);

/** Silence right after the headers. */
export const stallAfterHeaders = (reply: MessageReply): MessageReply =>
  withFault({ kind: 'stall', afterEvents: 0 }, reply);

/** Silence in the middle; `pingEveryMs` keeps pings coming. */
export const stallMidStream = (reply: MessageReply, pingEveryMs?: number): MessageReply =>
  withFault({ kind: 'stall', pingEveryMs }, reply);

/** `event: error` in the middle of the stream. */
export const errorMidStream = (reply: MessageReply, type = 'overloaded_error'): MessageReply =>
  withFault({ kind: 'error-event', type, message: 'Overloaded' }, reply);

/** The body breaks off in the middle of its JSON. */
export const truncatedBody = (reply: MessageReply): MessageReply => withFault({ kind: 'truncate' }, reply);

/** No usage in the answer. */
export const withoutUsage = (reply: MessageReply): MessageReply => withDistortion({ usage: 'missing' }, reply);

/** Usage figures that make no sense: negative, `NaN` (sent as null), `Infinity`, texts. */
export const withWrongUsage = (usage: Readonly<Record<string, unknown>>, reply: MessageReply): MessageReply =>
  withDistortion({ usage }, reply);

/** A page instead of the API's answer: a captive portal (200) or a proxy's error (502). */
export const htmlPage = (status = 200): RawReply => ({
  kind: 'raw',
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!doctype html><html><head><title>Simulated proxy page</title></head><body>Not the API.</body></html>',
});
