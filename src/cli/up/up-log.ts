/** What a background `up` writes to its log for the one who started it: progress and the reason of a failure. Pure. */
import { OrchestratorError } from '../../core/failures.ts';
import { CODE, ERROR, REMEDY } from '../error-lines.ts';

const PROGRESS = '… ';

/** A progress line as it stands in the log. */
export const progressLine = (text: string): string => `${PROGRESS}${text}\n`;

/** Reports whole progress lines after position `seen`; gives the new position. */
export function newProgress(log: string, seen: number, onProgress: (line: string) => void): number {
  const end = log.lastIndexOf('\n') + 1;
  if (end <= seen) return seen;
  for (const line of log.slice(seen, end).split('\n')) {
    if (line.startsWith(PROGRESS)) onProgress(line.slice(PROGRESS.length));
  }
  return end;
}

/** The error that a failed start has printed last, or one that points at the log. */
export function startError(log: string, path: string): OrchestratorError {
  const lines = log.split('\n');
  const at = lines.findLastIndex((line) => line.startsWith(ERROR));
  if (at < 0) {
    return new OrchestratorError('instance.start-failed', 'The instance ended while it was starting.', {
      remedy: `Read its log: ${path}`,
      facts: { log: path },
    });
  }
  const rest = lines.slice(at + 1);
  const remedyAt = rest.findIndex((line) => line.startsWith(REMEDY));
  const more = rest.slice(0, Math.max(0, remedyAt));
  const code = rest.find((line) => line.startsWith(CODE))?.slice(CODE.length);
  return new OrchestratorError(code ?? 'instance.start-failed', [lines[at]?.slice(ERROR.length), ...more].join('\n'), {
    remedy: rest[remedyAt]?.slice(REMEDY.length) ?? `Read its log: ${path}`,
    facts: { log: path },
  });
}
