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

/** The answer to an agent's question; undefined: the person thinks better of it. */
export async function askForAnswer(): Promise<string | undefined> {
  const { isCancel, text } = await import('@clack/prompts');
  const answer = await text({
    message: 'The answer:',
    validate: (value) => (value?.trim() ? undefined : 'It must not be empty.'),
  });
  return isCancel(answer) ? undefined : answer;
}
