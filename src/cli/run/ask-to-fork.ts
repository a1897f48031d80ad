/** The question before a fork is started. Host side, terminal only. */

/** Whether the person means it; Escape and Ctrl-C say no. */
export async function askToFork(): Promise<boolean> {
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: 'Start this fork?' });
  return !isCancel(answer) && answer;
}
