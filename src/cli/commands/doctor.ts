/** `orchestrator doctor`: checks every part and says what to do about it. Host side. */
import { findInstance } from '../../integrations/instance/record.ts';
import { resourcesOf, thisMachine } from '../../workers/resources.ts';
import type { CommandContext } from '../context.ts';
import { checkBuilds } from '../doctor/builds.ts';
import { type Finding, finding, findings, ok } from '../doctor/check.ts';
import { checkGoals } from '../doctor/goals.ts';
import { checkDataFolder, checkDisk, checkNode, checkPorts, describeWorker } from '../doctor/machine.ts';
import { checkInstances, checkKey, checkPostgres, checkTemporal } from '../doctor/services.ts';
import { EXIT } from '../exit-codes.ts';
import { paintFor } from '../io.ts';
import { loadSettings, type Settings } from '../settings.ts';
import type { Paint } from '../view/paint.ts';
import { safeJson, safeLine, safeText } from '../view/safe-text.ts';
import { type Selectors, withTyped } from '../view/typed.ts';

const LOOK = {
  ok: { glyph: '✔', format: 'green' },
  warn: { glyph: '!', format: 'yellow' },
  fail: { glyph: '✖', format: 'red' },
} as const;

/** Prints the findings; the code for wrong configuration when one failed. */
export async function doctor(context: CommandContext): Promise<number> {
  const { io, globals } = context;
  const findings = (await examine(context)).map((each) => withCommands(each, globals));
  if (globals.json) io.stdout.write(`${safeJson(findings, 2)}\n`);
  else {
    const paint = paintFor(io.stdout, io, !globals.color);
    io.stdout.write(`${findings.flatMap((each) => findingLines(each, paint)).join('\n')}\n`);
  }
  return findings.some((each) => each.level === 'fail') ? EXIT.usage : EXIT.ok;
}

/** Its remedy names commands that find the instance looked at. */
function withCommands(found: Finding, selectors: Selectors): Finding {
  return found.remedy === undefined ? found : { ...found, remedy: withTyped(found.remedy, selectors) };
}

async function examine(context: CommandContext): Promise<Finding[]> {
  const node = checkNode(process.versions.node);
  let settings: Settings | undefined;
  const configuration = await finding('Configuration', async () => {
    settings = loadSettings(context);
    return ok('Configuration', 'valid');
  });
  if (!settings) return [node, configuration];
  const known = settings;
  const goals = await findings('Goals', () => checkGoals(known));
  const builds = await findings('Builds', () => checkBuilds(known).catch(unreachable));
  return [node, configuration, ...(await checksOf(known)), ...builds, ...goals];
}

/** That the server does not answer is said once, of Temporal. */
function unreachable(error: unknown): Finding[] {
  if (error instanceof Error && 'code' in error && error.code === 'temporal.unreachable') return [];
  throw error;
}

/** Everything that needs a valid configuration, at once. */
function checksOf(settings: Settings): Promise<Finding[]> {
  const { config, dir } = settings;
  const { port, uiPort } = config.temporal;
  return Promise.all([
    finding('Data folder', () => checkDataFolder(dir)),
    finding('Disk space', () => checkDisk(dir)),
    finding('Worker', async () => describeWorker(resourcesOf(config.worker), thisMachine())),
    finding('Ports', async () => checkPorts([port, uiPort], await findInstance(dir))),
    finding('Temporal', () => checkTemporal(settings)),
    finding('PostgreSQL', () => checkPostgres(settings)),
    finding('Claude key', () => checkKey(settings)),
    finding('Instance', () => checkInstances(settings)),
  ]);
}

/** A finding with its remedy below. Pure. */
export function findingLines({ name, level, detail, remedy }: Finding, paint: Paint): string[] {
  const { glyph, format } = LOOK[level];
  const [first = '', ...more] = safeText(detail).split('\n');
  return [
    `${paint(format, glyph)} ${paint('bold', name.padEnd(13))} ${first}`,
    ...more.map((line) => `    ${line}`),
    ...(remedy ? [`    remedy: ${safeLine(remedy)}`] : []),
  ];
}
