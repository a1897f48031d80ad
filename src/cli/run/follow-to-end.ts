/** Follows a goal on this terminal: chooses the view, takes Ctrl-C, gives the goal's end. Host side. */
import type { OrchestratorClient } from '../../client/orchestrator-client.ts';
import type { GoalDetail } from '../../core/goal.ts';
import type { CommandContext } from '../context.ts';
import { canDraw, paintFor } from '../io.ts';
import type { Settings } from '../settings.ts';
import { safeJson } from '../view/safe-text.ts';
import { type Selectors, typed } from '../view/typed.ts';
import { askingAboutPlans } from './ask-about-plan.ts';
import { askChoice } from './ask-choice.ts';
import { followGoal } from './follow.ts';
import { handleInterrupts, type InterruptTarget } from './interrupts.ts';
import { jsonViewer, liveViewer, plainViewer, type Viewer } from './viewer.ts';

/** Flags of commands that follow a goal. */
export interface FollowFlags {
  readonly jsonEvents?: boolean;
  readonly output?: string;
}

/** What is followed. */
export interface Following {
  readonly client: OrchestratorClient;
  readonly goalId: string;
  readonly flags: FollowFlags;
  readonly settings: Settings;
  readonly afterSeq?: number;
}

/** The goal's end, or that the person has detached. */
export type FollowEnd = { readonly kind: 'ended'; readonly detail: GoalDetail } | { readonly kind: 'detached' };

/** Follows until the goal ends or the person detaches. */
export async function followToEnd(context: CommandContext, following: Following): Promise<FollowEnd> {
  const { io } = context;
  const { client, goalId } = following;
  const viewer = answering(context, following, chooseViewer(context, following));
  const interrupts = handleInterrupts(io, interruptTarget(context, following, viewer));
  try {
    const { signal } = interrupts;
    const end = await followGoal(client, goalId, { viewer, signal, afterSeq: following.afterSeq });
    await interrupts.stop();
    viewer.close();
    if (end === 'ended') return { kind: 'ended', detail: await client.show(goalId) };
    io.stderr.write(detachedText(goalId, context.globals));
    if (context.globals.json) io.stdout.write(`${safeJson({ goalId, detached: true })}\n`);
    return { kind: 'detached' };
  } finally {
    await interrupts.stop();
    viewer.close();
  }
}

function chooseViewer(context: CommandContext, { flags, goalId }: Following): Viewer {
  const { io, globals } = context;
  if (flags.jsonEvents) return jsonViewer(io);
  return canDraw(io) && !globals.json
    ? liveViewer(io, goalId, { paint: paintFor(io.stderr, io, !globals.color), selectors: globals })
    : plainViewer(io, globals);
}

/** Where a person sits at a terminal, plans are asked about at once. */
function answering({ io, globals }: CommandContext, { client, goalId, flags }: Following, viewer: Viewer): Viewer {
  const asks = canDraw(io) && io.stdinIsTTY && !globals.json && !flags.jsonEvents;
  return asks ? askingAboutPlans(viewer, { io, client, goalId }) : viewer;
}

function interruptTarget(context: CommandContext, { client, goalId }: Following, viewer: Viewer): InterruptTarget {
  const { io } = context;
  const canAsk = canDraw(io) && io.stdinIsTTY;
  const ask = async (takenBack: AbortSignal) => {
    viewer.pause();
    const choice = await askChoice(goalId, takenBack);
    if (choice !== 'detach') viewer.resume();
    return choice;
  };
  return {
    ...(canAsk ? { ask } : {}),
    cancel: () => client.cancel(goalId),
    onCancelFailed: (error) => viewer.note(`not cancelled: ${error instanceof Error ? error.message : String(error)}`),
  };
}

function detachedText(goalId: string, selectors: Selectors): string {
  return [
    `Detached: goal ${goalId} goes on in the background.`,
    `  watch it:  ${typed(`goals watch ${goalId}`, selectors)}`,
    `  cancel it: ${typed(`goals cancel ${goalId}`, selectors)}`,
    `  stop all:  ${typed('down', selectors)}`,
    '',
  ].join('\n');
}
