/** `orchestrator run`: brings up what is missing, starts a goal, shows it, prints and saves the deliverable. Host side. */

import { resolveAgents } from '../../agents/resolve-agents.ts';
import { parseGoalRequest } from '../../client/request-door.ts';
import type { CommandContext } from '../context.ts';
import { followStarted, type StartFlags } from '../run/follow-started.ts';
import { type RequestFlags, readRequest } from '../run/read-request.ts';
import { checkOutput } from '../run/save-deliverable.ts';
import { withInstance } from '../run/with-instance.ts';
import { loadSettings } from '../settings.ts';

/** Flags of `run`. */
export interface RunFlags extends RequestFlags, StartFlags {}

/** Runs a goal; the exit code is that of its status. */
export async function run(context: CommandContext, words: readonly string[], flags: RunFlags): Promise<number> {
  const settings = loadSettings(context);
  const { config } = settings;
  const request = await readRequest(context.io, words, flags);
  const agents = resolveAgents(config.agents.own).map((agent) => agent.name);
  parseGoalRequest(request, { agents, maxTasks: config.goals.maxTasks });
  await checkOutput(flags.output);
  return withInstance(context, settings, async (client) =>
    followStarted(context, { client, settings, flags, started: await client.start(request) }),
  );
}
