/** `orchestrator up`: everything in one process, in the foreground or (with --detach) behind. Host side. */
import { configSecrets } from '../../integrations/config/describe-config.ts';
import { findInstance, type InstanceRecord } from '../../integrations/instance/record.ts';
import { createLogger } from '../../monitoring/logger.ts';
import { redactSecrets } from '../../monitoring/redact.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { type CliIo, paintFor } from '../io.ts';
import { loadSettings, type Settings } from '../settings.ts';
import { startInBackground } from '../up/background.ts';
import { type RunningUp, startUp } from '../up/compose.ts';
import { instanceLines } from '../up/instance-lines.ts';
import { refuseWithoutKey } from '../up/require-key.ts';
import { progressLine } from '../up/up-log.ts';
import { safeJson, safeLine } from '../view/safe-text.ts';
import { typed } from '../view/typed.ts';

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
  const signals = stopSignals(io);
  const stopping = signals.stop;
  const { level, format } = config.logging;
  try {
    const running = await startUp({
      ...{ config, dir, simulate, signal: stopping },
      logger: createLogger({ level: context.globals.debug ? 'debug' : level, format }),
      onProgress: (line) => io.stderr.write(progressLine(safeLine(line))),
    });
    const found = await findInstance(dir);
    if (found.state === 'running') show(context, settings, { record: found.record, head: 'AI Orchestrator is up.' });
    const grace = Math.round(config.worker.shutdownGraceMs / 1_000);
    const what = `Stopping: calls in flight get ${grace} s to end; the same signal again ends it at once`;
    await serve(running, signals, () => io.stderr.write(progressLine(what)));
    if (signals.atOnce.aborted) io.exitNow(EXIT.interrupted);
    return EXIT.ok;
  } catch (error) {
    if (isTaken(error)) return runningElsewhere(context, settings, error);
    throw error;
  } finally {
    signals.unlisten();
  }
}

/** A signal through npm or a closing terminal comes twice; a person's second wish comes later. */
const SAME_SIGNAL_MS = 500;

interface StopSignals {
  readonly stop: AbortSignal;
  readonly atOnce: AbortSignal;
  unlisten(): void;
}

/** The first signal asks to stop, a later one to end at once. */
function stopSignals(io: CliIo): StopSignals {
  const stop = new AbortController();
  const atOnce = new AbortController();
  let firstAt = 0;
  const unlisten = io.onSignal(() => {
    if (stop.signal.aborted && performance.now() - firstAt > SAME_SIGNAL_MS) atOnce.abort();
    if (stop.signal.aborted) return;
    firstAt = performance.now();
    stop.abort();
  });
  return { stop: stop.signal, atOnce: atOnce.signal, unlisten };
}

/** Until a signal or the loss of a part; then everything is stopped. */
async function serve(running: RunningUp, { stop, atOnce }: StopSignals, onStop: () => void): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([stopped, running.failed]);
  } finally {
    onStop();
    await running.stop(atOnce);
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

function show(context: CommandContext, { dir }: Settings, what: { record: InstanceRecord; head: string }): number {
  const { io, globals } = context;
  if (globals.json) io.stdout.write(`${safeJson({ dir, ...what.record, store: undefined })}\n`);
  else {
    const lines = instanceLines(what.record, dir, paintFor(io.stdout, io, !globals.color));
    io.stdout.write(`${[what.head, ...lines, `Stop it with \`${typed('down', globals)}\`.`].join('\n')}\n`);
  }
  return EXIT.ok;
}
