/** `orchestrator goals fork`: shows what a fork takes over and costs, asks, starts and follows it. Host side. */
import type { ForkPreview } from '../../core/fork.ts';
import { author } from '../author.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { canDraw } from '../io.ts';
import { askToFork } from '../run/ask-to-fork.ts';
import { followStarted, type StartFlags } from '../run/follow-started.ts';
import { type ForkFlags, readFork } from '../run/read-edits.ts';
import { checkOutput } from '../run/save-deliverable.ts';
import { withInstance } from '../run/with-instance.ts';
import { loadSettings } from '../settings.ts';
import { forkLines } from '../view/fork-preview.ts';
import { safeJson } from '../view/safe-text.ts';

/** Flags of `goals fork`. */
export interface ForkCommandFlags extends ForkFlags, StartFlags {
  /** Show what would be, and start nothing. */
  readonly preview?: boolean;
  /** Do not ask back on a terminal. */
  readonly yes?: boolean;
}

/** `goals fork <id>`: the exit code is that of the fork's status; 0 for a preview, and when the person says no. */
export async function forkGoal(context: CommandContext, goalId: string, flags: ForkCommandFlags): Promise<number> {
  const settings = loadSettings(context);
  const fork = { ...(await readFork(flags)), author: author() };
  await checkOutput(flags.output);
  return withInstance(context, settings, async (client) => {
    const preview = await client.previewFork(goalId, fork);
    if (flags.preview) return show(context, preview);
    if (!(await isMeant(context, preview, flags))) {
      context.io.stderr.write('Nothing was started.\n');
      return EXIT.ok;
    }
    return followStarted(context, { client, settings, flags, started: await client.fork(goalId, fork) });
  });
}

function show({ io, globals }: CommandContext, preview: ForkPreview): number {
  const lines = globals.json ? [safeJson(preview, 2)] : forkLines(preview, io.stdout.columns);
  io.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.ok;
}

/** The price is shown before anything is paid; on a terminal the person is asked. */
async function isMeant(
  { io, globals }: CommandContext,
  preview: ForkPreview,
  flags: ForkCommandFlags,
): Promise<boolean> {
  if (globals.json || flags.jsonEvents) return true;
  io.stderr.write(`${forkLines(preview, io.stderr.columns).join('\n')}\n\n`);
  return flags.yes || !canDraw(io) || !io.stdinIsTTY ? true : askToFork();
}
