/** `orchestrator calibration`: how good the forecasts were. Host side. */
import type { CalibrationFigure } from '../../core/forecast.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { loadSettings, withClient } from '../settings.ts';
import { safeJson } from '../view/safe-text.ts';
import { table } from '../view/table.ts';

/** Shares of goals within, below and above the forecast, and how far it is off on average. */
export async function calibration(context: CommandContext): Promise<number> {
  const { io, globals } = context;
  const found = await withClient(loadSettings(context), (client) => client.calibration());
  if (globals.json) io.stdout.write(`${safeJson(found, 2)}\n`);
  else if (found.goals === 0) io.stdout.write('No goal with a forecast has ended yet.\n');
  else {
    const head = ['FORECAST OF', 'GOALS', 'INSIDE', 'BELOW', 'ABOVE', 'ACTUAL / MIDDLE'];
    const rows = [row('cost', found.goals, found.cost), row('time', found.goals, found.time)];
    io.stdout.write(`${table(head, rows, io.stdout.columns).join('\n')}\n`);
    io.stdout.write('Inside the forecast, the 10th to the 90th percentile, are meant to be 80 %.\n');
  }
  return EXIT.ok;
}

function row(what: string, goals: number, { inside, below, above, medianRatio }: CalibrationFigure): string[] {
  return [what, String(goals), percent(inside), percent(below), percent(above), (medianRatio ?? 0).toFixed(2)];
}

function percent(share: number | null): string {
  return `${Math.round((share ?? 0) * 100)} %`;
}
