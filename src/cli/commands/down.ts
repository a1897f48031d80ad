/** `orchestrator down`: ends the instance of the data folder, or what a dead one left behind. Host side. */

import { instanceDir } from '../../integrations/instance/data-dir.ts';
import { findInstance } from '../../integrations/instance/record.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { loadSettings, type Settings } from '../settings.ts';
import { stopInstance } from '../up/stop-instance.ts';
import { progressLine } from '../up/up-log.ts';
import { typed, withTyped } from '../view/typed.ts';

const SAID = {
  stopped: 'Stopped. Open goals go on with the next `orchestrator up`.',
  'cleaned-up': 'The instance had died; what it had left is ended. Open goals go on with the next `orchestrator up`.',
  nothing: 'Nothing runs.',
} as const;

/** Success also when nothing ran. */
export async function down(context: CommandContext): Promise<number> {
  const settings = loadSettings(context);
  const { io, globals } = context;
  const outcome = await stopInstance(settings, (line) => io.stderr.write(progressLine(line)));
  const other = outcome === 'nothing' ? await runningBeside(settings) : undefined;
  if (globals.json) {
    io.stdout.write(`${JSON.stringify({ outcome, dir: settings.dir, ...(other && { other }) })}\n`);
    return EXIT.ok;
  }
  io.stdout.write(`${withTyped(SAID[outcome], globals)} (${settings.dir})\n`);
  if (other) {
    const command = typed('down', { ...globals, simulate: other.simulated });
    const kind = other.simulated ? 'A simulated instance' : 'An instance that is not simulated';
    io.stdout.write(`${kind} runs in ${other.dir}: \`${command}\` ends it.\n`);
  }
  return EXIT.ok;
}

/** The other instance of the same data folder, where that one runs: it may be the one that is meant. */
async function runningBeside({ config, simulate }: Settings) {
  const dir = instanceDir(config.dataDir, { simulate: !simulate });
  const found = await findInstance(dir).catch(() => undefined);
  return found?.state === 'running' ? { dir, simulated: !simulate } : undefined;
}
