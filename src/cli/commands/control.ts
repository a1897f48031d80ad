/** `orchestrator goals pause | steer | cancel-task`: what people tell a running goal. Host side. */
import { author } from '../author.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { loadSettings, withClient } from '../settings.ts';
import { safeJson } from '../view/safe-text.ts';
import { typed } from '../view/typed.ts';

/** `goals pause <id>`: nothing new begins until `goals resume`. */
export async function pauseGoal({ io, globals }: CommandContext, goalId: string): Promise<number> {
  return withClient(loadSettings({ io, globals }), async (client) => {
    await client.pause(goalId, { author: author() });
    const text = `Goal ${goalId} is told to pause; calls in flight end. \`${typed(`goals resume ${goalId}`, globals)}\` lets it go on.`;
    io.stdout.write(globals.json ? `${safeJson({ goalId, paused: true })}\n` : `${text}\n`);
    return EXIT.ok;
  });
}

/** `goals cancel-task <id> <task>`: what depends on the task is skipped. */
export async function cancelTask({ io, globals }: CommandContext, goalId: string, taskId: string): Promise<number> {
  return withClient(loadSettings({ io, globals }), async (client) => {
    const { state } = await client.cancelTask(goalId, { taskId, author: author() });
    const text = state === 'cancelled' ? 'is cancelled' : 'is being cancelled; its call stops within two seconds';
    io.stdout.write(globals.json ? `${safeJson({ goalId, taskId, state })}\n` : `Task ${taskId} ${text}.\n`);
    return EXIT.ok;
  });
}

/** `goals steer <id> <text>`: what the agents at work take up with their next turn. */
export async function steerGoal(
  { io, globals }: CommandContext,
  goalId: string,
  steering: { readonly text: string; readonly taskId?: string },
): Promise<number> {
  return withClient(loadSettings({ io, globals }), async (client) => {
    const { running } = await client.steer(goalId, { ...steering, author: author() });
    const text = running === 0 ? 'No task is at work now' : `${running} at work take it up with the next turn`;
    io.stdout.write(
      globals.json ? `${safeJson({ goalId, running })}\n` : `Said. ${text}; later ones at their start.\n`,
    );
    return EXIT.ok;
  });
}
