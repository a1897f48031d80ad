/** Which room may import which: the table of the architecture, and the check that holds it. Tests only. */
import type { Breach, SourceFile } from '../support/source-file.ts';

const HOST = ['core', 'monitoring'] as const;
const PURE = ['core', 'tasks', 'agents'] as const;
const ACTIVITY_SIDE = [...PURE, 'monitoring', 'store', 'integrations', 'client', 'memory', 'tools', 'plugins'] as const;

/** Room → rooms it may import, besides itself. `monitoring` is open to every host-side room. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  tasks: ['core'],
  agents: ['core'],
  workflows: PURE,
  monitoring: ['core'],
  store: HOST,
  integrations: [...HOST, 'store'],
  // The pure rooms: a plan and agents that a person gives are validated at the door.
  client: [...HOST, 'tasks', 'agents', 'store', 'integrations'],
  memory: [...HOST, 'store', 'integrations'],
  tools: [...HOST, 'store', 'memory', 'integrations'],
  plugins: [...HOST, 'agents', 'tools', 'memory'],
  activities: ACTIVITY_SIDE,
  workers: [...ACTIVITY_SIDE, 'activities'],
  connectors: [...HOST, 'store', 'client', 'memory'],
  api: [...HOST, 'store', 'client', 'memory', 'connectors'],
  simulator: HOST,
  // It sets up what it tests: agents, servers, a store.
  testing: [...HOST, 'agents', 'store', 'integrations', 'client', 'workers', 'simulator'],
  cli: [...ACTIVITY_SIDE, 'workers', 'connectors', 'api', 'simulator', 'testing'],
};

/** Room of a source path, e.g. `store` of `src/store/open-store.ts`. */
function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\/./.exec(path)?.[1];
}

/** Imports over the table, type imports included, and files that stand in no known room. */
export function roomBreaches(files: readonly SourceFile[]): Breach[] {
  return files.flatMap((file) => {
    const room = roomOf(file.path);
    const allowed = room === undefined ? undefined : ROOMS[room];
    if (!room || !allowed) return [`${file.path}: no known room; the rooms are ${Object.keys(ROOMS).join(', ')}`];
    return file.imports
      .filter((edge) => edge.relative && roomOf(edge.target) !== room && !allowed.includes(roomOf(edge.target) ?? ''))
      .map((edge) => `${file.path}: imports ${edge.target}; room ${room} may import ${[room, ...allowed].join(', ')}`);
  });
}
