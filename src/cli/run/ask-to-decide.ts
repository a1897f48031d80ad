/** The question before a verdict is given. Host side, terminal only. */
import type { Verdict } from '../../core/contracts/approvals.ts';

/** Whether the person means it; Escape and Ctrl-C say no. */
export async function askToDecide(verdict: Verdict): Promise<boolean> {
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({
    message: verdict === 'approve' ? 'Approve exactly this?' : 'Deny this?',
    initialValue: verdict === 'deny',
  });
  return !isCancel(answer) && answer;
}
