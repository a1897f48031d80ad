/** The model calls that a workflow's history tells of. Test kit, pure. */
import { callKey } from '../core/contracts/ids.ts';
import type { History } from './history.ts';

/** Their keys, by the id of the event that scheduled them. */
export function modelCallKeys({ events }: History): Map<string, string> {
  const keys = new Map<string, string>();
  for (const { eventId, activityTaskScheduledEventAttributes: asked } of events ?? []) {
    if (asked?.activityType?.name !== 'callModel') continue;
    const input = JSON.parse(Buffer.from(asked.input?.payloads?.[0]?.data ?? []).toString('utf8') || '{}');
    keys.set(String(eventId), callKey(input));
  }
  return keys;
}
