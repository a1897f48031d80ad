/** `orchestrator status`: whether an instance runs, where, and what it has to do. Host side. */

import { configuredServers } from '../../integrations/instance/configured-servers.ts';
import { instanceDir } from '../../integrations/instance/data-dir.ts';
import { type FoundInstance, findInstance } from '../../integrations/instance/record.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { paintFor } from '../io.ts';
import { loadSettings, type Settings, withClient } from '../settings.ts';
import { instanceLines } from '../up/instance-lines.ts';
import { plural } from '../view/format.ts';
import { safeJson } from '../view/safe-text.ts';
import { withTyped } from '../view/typed.ts';

/** Prints the state; 0 when the instance is ready, or the servers of others that are used in its place answer, else the code for an unavailable one. */
export async function status(context: CommandContext): Promise<number> {
  const settings = loadSettings(context);
  const { io, globals } = context;
  const found = await findInstance(settings.dir);
  const { temporal, databaseUrl } = configuredServers(settings.config, settings);
  const elsewhere = found.state !== 'running' && databaseUrl !== undefined ? temporal : undefined;
  const ready = elsewhere !== undefined || (found.state === 'running' && found.record.state === 'ready');
  const open = ready ? await countOpen(settings) : undefined;
  if (globals.json) {
    const { record } = found.state === 'none' ? { record: undefined } : found;
    const facts = {
      state: found.state,
      dir: settings.dir,
      ...(elsewhere ? { temporal: elsewhere } : {}),
      ...(open ? { openGoals: open.goals, waitingGoals: open.waiting } : {}),
      ...(record ? { ...record, store: undefined } : {}),
    };
    io.stdout.write(`${safeJson({ ...facts, state: found.state, phase: record?.state })}\n`);
    return ready ? EXIT.ok : EXIT.unavailable;
  }
  const paint = paintFor(io.stdout, io, !globals.color);
  const lines = [
    ...(found.state === 'running' ? instanceLines(found.record, settings.dir, paint) : stateLines(found, settings)),
    ...(elsewhere ? ['', 'The servers that are configured answer, for workers elsewhere:'] : []),
    ...(elsewhere
      ? [`${paint('bold', 'Temporal'.padEnd(12))} ${elsewhere.address}, namespace ${elsewhere.namespace}`]
      : []),
    ...(open ? [`${paint('bold', 'Open goals'.padEnd(12))} ${openText(open)}`] : []),
    ...(await otherInstance(settings)),
  ];
  io.stdout.write(`${withTyped(lines.join('\n'), globals)}\n`);
  return ready ? EXIT.ok : EXIT.unavailable;
}

function stateLines(found: FoundInstance, { dir }: Settings): string[] {
  if (found.state === 'none') return [`No instance runs in ${dir}.`, 'Start one with `orchestrator up`.'];
  return [
    `The instance in ${dir} ended without cleaning up.`,
    '`orchestrator up` goes on where it was; `orchestrator down` ends what it left.',
  ];
}

interface OpenCount {
  readonly goals: number;
  /** Of these, how many wait for a person. */
  readonly waiting: number;
  readonly forCapacity: number;
}

async function countOpen(settings: Settings): Promise<OpenCount> {
  const { OPEN_STATUSES } = await import('../../client/goal-statuses.ts');
  const open = await withClient(settings, (client) => client.list({ status: OPEN_STATUSES, limit: 1_000 }));
  const forCapacity = open.filter((goal) => goal.awaiting === 'capacity').length;
  const waiting = open.filter((goal) => goal.awaiting !== null).length - forCapacity;
  return { goals: open.length, waiting, forCapacity };
}

function openText({ goals, waiting, forCapacity }: OpenCount): string {
  const waits = [
    ...(waiting > 0 ? [`${plural(waiting, 'goal')} waiting for you`] : []),
    ...(forCapacity > 0 ? [`${plural(forCapacity, 'goal')} waiting for capacity`] : []),
  ];
  return waits.length > 0 ? `${goals} (${waits.join(', ')})` : String(goals);
}

async function otherInstance({ config, simulate }: Settings): Promise<string[]> {
  const dir = instanceDir(config.dataDir, { simulate: !simulate });
  const other = await findInstance(dir).catch(() => undefined);
  if (other?.state !== 'running') return [];
  return [
    simulate ? 'A real instance runs as well.' : 'A simulated instance runs as well: `orchestrator status --simulate`.',
  ];
}
