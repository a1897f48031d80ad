/** Tasks without a result as prompts name them: id and status, never the reason, which may hold untrusted text. Pure. */
import type { Unfinished } from '../core/contracts/calls.ts';
import { escapeXml } from './xml.ts';

/** The block of unfinished tasks; empty text when there are none. */
export function unfinishedBlock(unfinished: readonly Unfinished[]): string {
  if (unfinished.length === 0) return '';
  const lines = unfinished.map(({ taskId, status }) => `- ${escapeXml(taskId)}: ${status}`);
  return ['<tasks_without_result>', ...lines, '</tasks_without_result>'].join('\n');
}
