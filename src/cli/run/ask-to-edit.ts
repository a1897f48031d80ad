/** The question before a plan is edited. Host side, terminal only. */

/** Whether the person means it; Escape and Ctrl-C say no. */
export async function askToEdit(): Promise<boolean> {
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: 'Change the plan like this?', initialValue: true });
  return !isCancel(answer) && answer;
}
