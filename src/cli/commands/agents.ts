/** `orchestrator agents`: who the manager may give tasks to. Host side. */
import { resolveAgents } from '../../agents/resolve-agents.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { loadSettings } from '../settings.ts';
import { safeJson } from '../view/safe-text.ts';
import { table } from '../view/table.ts';

/** Built-in and own agents, with tier, tools and description. Needs no running instance. */
export async function agents(context: CommandContext): Promise<number> {
  const { io, globals } = context;
  const { config } = loadSettings(context);
  const own = new Set(config.agents.own.map((agent) => agent.name));
  const all = resolveAgents(config.agents.own);
  if (globals.json) {
    io.stdout.write(
      `${safeJson(
        all.map((agent) => ({ ...agent, own: own.has(agent.name) })),
        2,
      )}\n`,
    );
    return EXIT.ok;
  }
  const rows = all.map(({ name, tier, tools, description }) => [
    own.has(name) ? `${name} (yours)` : name,
    tier,
    tools.length > 0 ? tools.join(' ') : '-',
    description,
  ]);
  io.stdout.write(`${table(['AGENT', 'TIER', 'TOOLS', 'GOOD AT'], rows, io.stdout.columns).join('\n')}\n`);
  return EXIT.ok;
}
