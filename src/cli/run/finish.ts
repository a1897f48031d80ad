/** The end of a followed goal: save, print, exit code. Host side. */
import type { GoalDetail } from '../../core/goal.ts';
import type { CommandContext } from '../context.ts';
import { exitCodeOfStatus } from '../exit-codes.ts';
import { paintFor } from '../io.ts';
import type { Settings } from '../settings.ts';
import { reportLines } from '../view/report.ts';
import { safeJson } from '../view/safe-text.ts';
import type { FollowFlags } from './follow-to-end.ts';
import { deliverablePath, saveDeliverable } from './save-deliverable.ts';

/** Where and how the end is told. */
export interface FinishOptions {
  readonly context: CommandContext;
  readonly settings: Settings;
  readonly flags: FollowFlags;
}

/** Saves the deliverable, prints the report (or JSON) on stdout and gives the exit code of the status. */
export async function finishRun(detail: GoalDetail, options: FinishOptions): Promise<number> {
  const { io, globals } = options.context;
  const { dir } = options.settings;
  const path = deliverablePath(dir, detail.goalId, options.flags.output);
  const savedTo = detail.deliverable === null ? undefined : await saveDeliverable(path, detail.deliverable);
  if (options.flags.jsonEvents) io.stdout.write(`${safeJson({ result: { ...detail, savedTo: savedTo ?? null } })}\n`);
  else if (globals.json) io.stdout.write(`${safeJson({ ...detail, savedTo: savedTo ?? null }, 2)}\n`);
  else {
    const paint = paintFor(io.stdout, io, !globals.color);
    io.stdout.write(`${reportLines(detail, { paint, savedTo, selectors: globals }).join('\n')}\n`);
  }
  return exitCodeOfStatus(detail.status);
}
