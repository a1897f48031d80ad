/** Sends what Temporal's SDK, its core and workflow code log through our logger. Host side, once per process. */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { goalWorkflowId } from '../core/contracts/ids.ts';
import type { Logger } from './logger.ts';

type Level = 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
const METHODS = { TRACE: 'debug', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
const GOAL_PREFIX = goalWorkflowId('');
/** Said on every line by Temporal and of no use to a reader. */
const DROPPED = new Set(['namespace', 'taskQueue', 'taskToken', 'isLocal', 'sdkComponent', 'workflowId']);

let target: Logger | undefined;
let installed = false;

/**
 * Installs the process's Temporal runtime with `logger`; a second call only changes the logger that lines go to. With
 * `metricsAddress` (host:port) it serves its own metrics, and those made on its meter, to Prometheus.
 * Call it before any worker or native connection. Returns false, and says so in a warning, when it came too late.
 */
export function installTemporalLogging(logger: Logger, metricsAddress?: string): boolean {
  target = logger;
  if (installed) return true;
  try {
    Runtime.install({
      // Whoever runs the worker ends it: left to itself the SDK would do so at SIGQUIT and SIGUSR2 too, and the rest went on.
      shutdownSignals: [],
      logger: new DefaultLogger('DEBUG', (entry) => forward(entry.level, entry.message, entry.meta)),
      telemetryOptions: {
        logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
        ...(metricsAddress === undefined ? {} : { metrics: { prometheus: { bindAddress: metricsAddress } } }),
      },
    });
    installed = true;
  } catch (error) {
    logger.warn('Temporal’s runtime was there already: its own lines keep their own format', { error });
  }
  return installed;
}

function forward(level: Level, message: string, meta: Readonly<Record<string, unknown>> = {}): void {
  target?.[METHODS[level]](message, temporalFields(meta));
}

/** Temporal's line metadata as our fields: `goal-<id>` as goalId, the component as source. Pure. */
export function temporalFields(meta: Readonly<Record<string | symbol, unknown>>): Record<string, unknown> {
  const { workflowId, sdkComponent } = meta;
  const isGoal = typeof workflowId === 'string' && workflowId.startsWith(GOAL_PREFIX);
  return {
    ...(isGoal ? { goalId: workflowId.slice(GOAL_PREFIX.length) } : workflowId === undefined ? {} : { workflowId }),
    ...Object.fromEntries(Object.entries(meta).filter(([key]) => !DROPPED.has(key))),
    ...(sdkComponent === undefined ? {} : { source: `temporal-${String(sdkComponent)}` }),
  };
}
