/** `orchestrator up`: everything in one process, in the foreground or (with --detach) behind. Host side. */
import { configSecrets } from '../../integrations/config/describe-config.ts';
import { findInstance, type InstanceRecord } from '../../integrations/instance/record.ts';
import { createLogger } from '../../monitoring/logger.ts';
import { redactSecrets } from '../../monitoring/redact.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { paintFor } from '../io.ts';
import { loadSettings, type Settings } from '../settings.ts';
import { startInBackground } from '../up/background.ts';
import { type RunningUp, startUp } from '../up/compose.ts';
import { instanceLines } from '../up/instance-lines.ts';
import { refuseWithoutKey } from '../up/require-key.ts';
import { progressLine } from '../up/up-log.ts';
import { safeJson, safeLine } from '../view/safe-text.ts';

/** Runs until a signal, or starts it behind and returns. An instance that runs already is success. */
export async function up(context: CommandContext, options: { detach?: boolean }): Promise<number> {
  const settings = loadSettings(context);
  redactSecrets(configSecrets(settings.config));
  const found = await findInstance(settings.dir).catch(() => ({ state: 'none' as const }));
  if (found.state === 'running') return show(context, settings, { record: found.record, head: 'It already runs.' });
  refuseWithoutKey(settings.config, settings.simulate);
  if (!options.detach) return runHere(context, settings);
  const record = await startInBackground(context, settings, (line) => context.io.stderr.write(progressLine(line)));
  return show(context, settings, { record, head: 'AI Orchestrator is up in the background.' });
}

async function runHere(context: CommandContext, settings: Settings): Promise<number> {
  const { io } = context;
  const { config, dir, simulate } = settings;
  const stopping = new AbortController();
  const unlisten = io.onSignal(() => stopping.abort());
  const { level, format } = config.logging;
  try {
    const running = await startUp({
      ...{ config, dir, simulate, signal: stopping.signal },
      logger: createLogger({ level: context.globals.debug ? 'debug' : level, format }),
      onProgress: (line) => io.stderr.write(progressLine(safeLine(line))),
    });
    const found = await findInstance(dir);
    if (found.state === 'running') show(context, settings, { record: found.record, head: 'AI Orchestrator is up.' });
    return await serve(running, stopping.signal, () => io.stderr.write(progressLine('Stopping')));
  } catch (error) {
    if (isTaken(error)) return runningElsewhere(context, settings, error);
    throw error;
  } finally {
    unlisten();
  }
}

/** Until a signal or the loss of a part; then everything is stopped. */
async function serve(running: RunningUp, signal: AbortSignal, onStop: () => void): Promise<number> {
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([stopped, running.failed]);
    return EXIT.ok;
  } finally {
    onStop();
    await running.stop();
  }
}

/** Another `up` was quicker. */
async function runningElsewhere(context: CommandContext, settings: Settings, error: unknown): Promise<number> {
  const found = await findInstance(settings.dir);
  if (found.state !== 'running') throw error;
  return show(context, settings, { record: found.record, head: 'It already runs.' });
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'instance.running';
}

function show(
  context: CommandContext,
  { dir, simulate }: Settings,
  what: { record: InstanceRecord; head: string },
): number {
  const { io, globals } = context;
  const flag = simulate ? ' --simulate' : '';
  if (globals.json) io.stdout.write(`${safeJson({ dir, ...what.record, store: undefined })}\n`);
  else {
    const lines = instanceLines(what.record, dir, paintFor(io.stdout, io, !globals.color));
    io.stdout.write(`${[what.head, ...lines, `Stop it with \`orchestrator down${flag}\`.`].join('\n')}\n`);
  }
  return EXIT.ok;
}
