/** `orchestrator run`: brings up what is missing, starts a goal, shows it, prints and saves the deliverable. Host side. */

import { resolveAgents } from '../../agents/resolve-agents.ts';
import type { OrchestratorClient } from '../../client/orchestrator-client.ts';
import { parseGoalRequest } from '../../client/request-door.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { ensureInstance } from '../run/ensure-instance.ts';
import { finishRun } from '../run/finish.ts';
import { type FollowFlags, followToEnd } from '../run/follow-to-end.ts';
import { type RequestFlags, readRequest } from '../run/read-request.ts';
import { loadSettings, type Settings, withClient } from '../settings.ts';
import { safeJson } from '../view/safe-text.ts';

/** Flags of `run`. */
export interface RunFlags extends RequestFlags, FollowFlags {
  readonly detach?: boolean;
}

/** Runs a goal; the exit code is that of its status. */
export async function run(context: CommandContext, words: readonly string[], flags: RunFlags): Promise<number> {
  const settings = loadSettings(context);
  const { config } = settings;
  const request = await readRequest(context.io, words, flags);
  const agents = resolveAgents(config.agents.own).map((agent) => agent.name);
  parseGoalRequest(request, { agents, maxTasks: config.goals.maxTasks });
  const instance = await ensureInstance(context, settings);
  return withClient(settings, async (client) => {
    const { goalId, created } = await client.start(request);
    if (flags.detach) return detached(context, settings, { goalId, created });
    const end = await followToEnd(context, { client, goalId, flags, settings });
    if (end.kind === 'detached') return EXIT.interrupted;
    return finishRun(end.detail, { context, settings, flags });
  }).finally(() => instance.stopIfIdle(openGoals(settings)));
}

function detached(context: CommandContext, settings: Settings, started: { goalId: string; created: boolean }): number {
  const { io, globals } = context;
  const flag = settings.simulate ? ' --simulate' : '';
  if (globals.json) io.stdout.write(`${safeJson(started)}\n`);
  else io.stdout.write(`${started.goalId}\nWatch it with \`orchestrator goals watch ${started.goalId}${flag}\`.\n`);
  return EXIT.ok;
}

const openGoals = (settings: Settings) => () =>
  withClient(settings, async (client: OrchestratorClient) => {
    const { OPEN_STATUSES } = await import('../../client/goal-statuses.ts');
    return (await client.list({ status: OPEN_STATUSES, limit: 1 })).length;
  });
