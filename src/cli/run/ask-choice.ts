/** The question at Ctrl-C. Host side, terminal only. */
import type { InterruptChoice } from './interrupts.ts';

/** Asks whether to detach, cancel or go on watching; Ctrl-C or Escape in the question detaches. */
export async function askChoice(goalId: string, takenBack: AbortSignal): Promise<InterruptChoice> {
  const { isCancel, select } = await import('@clack/prompts');
  const answer = await select<InterruptChoice>({
    message: `Goal ${goalId} is running. What now?`,
    signal: takenBack,
    options: [
      { value: 'continue', label: 'Go on watching' },
      { value: 'detach', label: 'Detach', hint: 'the goal goes on in the background' },
      { value: 'cancel', label: 'Cancel the goal', hint: 'stops spending; finished results are kept' },
    ],
  });
  return isCancel(answer) ? 'detach' : answer;
}
