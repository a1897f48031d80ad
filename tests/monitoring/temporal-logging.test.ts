import { Runtime } from '@temporalio/worker';
import type { LogFields, Logger } from '../../src/monitoring/logger.ts';
import { installTemporalLogging, temporalFields } from '../../src/monitoring/temporal-logging.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

function recorder(): { logger: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields });
  const logger: Logger = {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    child: () => logger,
  };
  return { logger, lines };
}

/** The runtime buffers lines to sort them; they are read after a flush. */
function log(level: 'INFO' | 'TRACE' | 'ERROR', message: string, meta?: Record<string, unknown>): void {
  Runtime.instance().logger.log(level, message, meta);
  Runtime.instance().flushLogs();
}

describe('temporalFields', () => {
  it('goal workflow: workflowId goal-<id> → goalId; component → source; noise → dropped', () => {
    const meta = {
      workflowId: 'goal-abc',
      runId: 'r',
      namespace: 'default',
      taskQueue: 'q',
      sdkComponent: 'workflow',
      turn: 2,
    };
    expect(temporalFields(meta)).toEqual({ goalId: 'abc', runId: 'r', turn: 2, source: 'temporal-workflow' });
  });

  it('another workflow: workflowId → kept as it is', () => {
    expect(temporalFields({ workflowId: 'other' })).toEqual({ workflowId: 'other' });
    expect(temporalFields({})).toEqual({});
  });
});

describe('installTemporalLogging', () => {
  afterAll(async () => {
    await Runtime.instance().shutdown();
  });

  it('installed twice: the SDK’s lines → ours, at our levels, to the logger given last', () => {
    const first = recorder();
    const second = recorder();
    expect(installTemporalLogging(first.logger)).toBe(true);
    log('INFO', 'from a workflow', { workflowId: 'goal-g7', sdkComponent: 'workflow' });
    expect(first.lines).toEqual([
      { level: 'info', message: 'from a workflow', fields: { goalId: 'g7', source: 'temporal-workflow' } },
    ]);
    expect(installTemporalLogging(second.logger)).toBe(true);
    log('ERROR', 'later');
    log('TRACE', 'tiny');
    expect(first.lines).toHaveLength(1);
    expect(second.lines.map(({ level, message }) => [level, message])).toContainEqual(['error', 'later']);
  });
});
