/** Short texts that may enter history: bounded labels and reasons. Workflow side, pure. */
import { ActivityFailure, ApplicationFailure, rootCause, TimeoutFailure } from '@temporalio/workflow';
import { MAX_LABEL_BYTES } from '../../core/contracts/limits.ts';

/** `text` on one line, cut to at most `MAX_LABEL_BYTES` of UTF-8 (counting every non-ASCII character as four). */
export function label(text: string): string {
  let bytes = 0;
  let kept = '';
  for (const character of text.replace(/\s+/g, ' ').trim()) {
    bytes += character.charCodeAt(0) < 0x80 ? 1 : 4;
    if (bytes > MAX_LABEL_BYTES - 4) return `${kept}…`;
    kept += character;
  }
  return kept;
}

/** Why a call failed, as a label: `type: message`. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) return label(`timed out (${cause.timeoutType ?? 'unknown'})`);
  if (cause instanceof ApplicationFailure) return label(`${cause.type ?? 'failure'}: ${cause.message}`);
  return label(rootCause(error) ?? 'unknown failure');
}
