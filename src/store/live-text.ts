/** Live text as a notification carries it: whoever watches the goal sees it, nobody stores it. Pure. */
import { cleanText } from './clean-json.ts';

/** A notification takes less than 8,000 bytes. */
const MAX_BYTES = 7_000;

/** The notification of a task's text, as far as one can carry it, cut between characters. */
export function liveTextPayload(taskId: string, text: string): string {
  let kept = cleanText(text);
  for (;;) {
    const payload = JSON.stringify({ task: taskId, text: kept });
    const over = Buffer.byteLength(payload) - MAX_BYTES;
    if (over <= 0) return payload;
    // A character takes at most 6 bytes of JSON, so that this never cuts more than needed by much.
    kept = kept.slice(0, kept.length - Math.ceil(over / 6)).replace(/[\ud800-\udbff]$/, '');
  }
}
