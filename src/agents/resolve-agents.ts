/** The agents a plan may use: the built-in ones and a person's own. Pure; runs on the host. */
import type { AgentDefinition } from '../core/agent.ts';
import { OrchestratorError } from '../core/failures.ts';
import { BUILT_IN_AGENTS, BUILT_IN_TOOLS } from './built-in-agents.ts';
import { CHECKER } from './checker.ts';
import { MANAGER } from './manager.ts';

const RESERVED: ReadonlySet<string> = new Set([MANAGER.name, CHECKER.name]);

/**
 * Built-in agents, then `own` in their order; an own agent with a built-in's name takes its place. Throws
 * OrchestratorError `agents.reserved-name`, `agents.duplicate-name` or `agents.unknown-tool`.
 */
export function resolveAgents(
  own: readonly AgentDefinition[],
  knownTools: readonly string[] = BUILT_IN_TOOLS,
): AgentDefinition[] {
  const byName = new Map<string, AgentDefinition>();
  for (const agent of own) {
    if (RESERVED.has(agent.name)) throw reserved(agent.name);
    if (byName.has(agent.name)) throw duplicate(agent.name);
    refuseUnknownTools(agent, knownTools);
    byName.set(agent.name, agent);
  }
  const builtIn = new Set(BUILT_IN_AGENTS.map((agent) => agent.name));
  return [
    ...BUILT_IN_AGENTS.map((agent) => byName.get(agent.name) ?? agent),
    ...own.filter((agent) => !builtIn.has(agent.name)),
  ];
}

function reserved(name: string): OrchestratorError {
  return new OrchestratorError('agents.reserved-name', `No agent of your own may be called "${name}".`, {
    remedy: 'Give the agent another name.',
    facts: { name },
  });
}

function duplicate(name: string): OrchestratorError {
  return new OrchestratorError('agents.duplicate-name', `Two of your agents are called "${name}".`, {
    remedy: 'Rename or remove one of them.',
    facts: { name },
  });
}

function refuseUnknownTools(agent: AgentDefinition, knownTools: readonly string[]): void {
  const unknown = agent.tools.filter((tool) => !knownTools.includes(tool));
  if (unknown.length === 0) return;
  const named = unknown.map((tool) => JSON.stringify(tool)).join(', ');
  throw new OrchestratorError(
    'agents.unknown-tool',
    `Agent "${agent.name}" asks for tools that do not exist: ${named}.`,
    {
      remedy: `Use any of: ${knownTools.join(', ')}. Reading results and submitting are always there.`,
      facts: { agent: agent.name, unknown, known: knownTools },
    },
  );
}
