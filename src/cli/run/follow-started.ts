/** What follows the start of a goal: to its end and its report, or back at once. Host side. */
import type { OrchestratorClient } from '../../client/orchestrator-client.ts';
import type { StartedGoal } from '../../store/store.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { Settings } from '../settings.ts';
import { safeJson } from '../view/safe-text.ts';
import { typed } from '../view/typed.ts';
import { finishRun } from './finish.ts';
import { type FollowFlags, followToEnd } from './follow-to-end.ts';

/** Flags of commands that start a goal. */
export interface StartFlags extends FollowFlags {
  readonly detach?: boolean;
}

/** A goal that was just started. */
export interface Started {
  readonly client: OrchestratorClient;
  readonly settings: Settings;
  readonly started: StartedGoal;
  readonly flags: StartFlags;
}

/** Follows the goal to its end, whose status is the exit code; with `detach` says where it is. */
export async function followStarted(context: CommandContext, goal: Started): Promise<number> {
  const { client, settings, started, flags } = goal;
  if (flags.detach) return detached(context, started);
  const end = await followToEnd(context, { client, goalId: started.goalId, flags, settings });
  if (end.kind === 'detached') return EXIT.interrupted;
  return finishRun(end.detail, { context, settings, flags });
}

function detached({ io, globals }: CommandContext, started: StartedGoal): number {
  const watch = typed(`goals watch ${started.goalId}`, globals);
  if (globals.json) io.stdout.write(`${safeJson(started)}\n`);
  else io.stdout.write(`${started.goalId}\nWatch it with \`${watch}\`.\n`);
  return EXIT.ok;
}
