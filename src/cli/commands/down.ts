/** `orchestrator down`: ends the instance of the data folder, or what a dead one left behind. Host side. */
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { loadSettings } from '../settings.ts';
import { stopInstance } from '../up/stop-instance.ts';
import { progressLine } from '../up/up-log.ts';
import { withTyped } from '../view/typed.ts';

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
  io.stdout.write(
    globals.json
      ? `${JSON.stringify({ outcome, dir: settings.dir })}\n`
      : `${withTyped(SAID[outcome], globals)} (${settings.dir})\n`,
  );
  return EXIT.ok;
}
