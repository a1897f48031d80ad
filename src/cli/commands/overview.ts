/** `orchestrator` alone: what there is, in one screen. Host side. */
import { findInstance } from '../../integrations/instance/record.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { paintFor } from '../io.ts';
import { loadSettings, type Settings } from '../settings.ts';
import { safeJson } from '../view/safe-text.ts';

const COMMANDS = [
  ['run "<goal>"', 'work on a goal; add --simulate to try it without a key and at no cost'],
  ['chat', 'talk with the manager, who starts goals and reports on them'],
  ['goals list', 'what was started; goals show, watch, steer, cancel'],
  ['approvals list', 'what waits for you'],
  ['schedules list', 'goals that start by themselves'],
  ['status', 'whether an instance runs; up starts one that stays, down stops it'],
  ['doctor', 'whether everything is there, and what to do if not'],
] as const;

/** The commands that people need first, and whether an instance runs. */
export async function overview(context: CommandContext, version: string): Promise<number> {
  const { io, globals } = context;
  const instances = await runningInstances(context);
  if (globals.json) {
    const commands = COMMANDS.map(([command, about]) => ({ command: `orchestrator ${command}`, about }));
    io.stdout.write(`${safeJson({ version, instances, commands }, 2)}\n`);
    return EXIT.ok;
  }
  const paint = paintFor(io.stdout, io, !globals.color);
  const lines = [
    `${paint('bold', `AI Orchestrator ${version}`)}: agents that work on a goal as a durable plan.`,
    '',
    ...COMMANDS.map(([command, about]) => `  ${paint('cyan', `orchestrator ${command}`.padEnd(28))} ${about}`),
    '',
    instances.length > 0 ? `Running: ${instances.join(' and ')}.` : 'No instance runs; run and chat start one.',
    'All commands: orchestrator --help. One of them, with examples: orchestrator run --help.',
  ];
  io.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.ok;
}

/** A configuration that is not valid is for the commands that need it to tell. */
async function runningInstances(context: CommandContext): Promise<string[]> {
  const found: string[] = [];
  for (const simulate of [false, true]) {
    const settings = settingsOf(context, simulate);
    if (settings && (await findInstance(settings.dir).catch(() => undefined))?.state === 'running') {
      found.push(simulate ? 'a simulated instance (--simulate)' : 'an instance');
    }
  }
  return found;
}

function settingsOf({ io, globals }: CommandContext, simulate: boolean): Settings | undefined {
  try {
    return loadSettings({ io: { ...io, stderr: { write: () => true } }, globals: { ...globals, simulate } });
  } catch {
    return undefined;
  }
}
