/** The tools of this build by name, and which of them an agent gets. Host side. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AgentDefinition } from '../core/agent.ts';
import { canonicalJson } from '../core/json.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { askPerson } from './ask-person.ts';
import { FILE_TOOLS } from './file-tools.ts';
import { readResults } from './read-results.ts';
import type { Tool } from './tool.ts';

/** Tools by name, in a fixed order (the order is part of the prompt cache's key). */
export type ToolCatalog = ReadonlyMap<string, Tool>;

/** The built-in tools. */
export function builtInCatalog(): ToolCatalog {
  const tools = [...FILE_TOOLS, askPerson, readResults].sort((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(tools.map((tool) => [tool.name, tool]));
}

/** The tools an agent may call: those it names, and reading of earlier results. */
export function toolsOf(agent: AgentDefinition, catalog: ToolCatalog): Tool[] {
  return [...catalog.values()].filter((tool) => tool === readResults || agent.tools.includes(tool.name));
}

/** What a snapshot pins of each tool. */
export function pinTools(catalog: ToolCatalog): Snapshot['tools'] {
  return [...catalog.values()].map((tool) => ({
    name: tool.name,
    effect: tool.effect,
    schemaHash: schemaHash(tool),
    ...(tool.untrusted ? { untrusted: true as const } : {}),
  }));
}

function schemaHash(tool: Tool): string {
  const pinned = {
    name: tool.name,
    description: tool.description,
    schema: z.toJSONSchema(tool.input, { io: 'input' }),
  };
  return createHash('sha256').update(canonicalJson(pinned)).digest('hex');
}
