/** Temporal's runtime with warnings only: log lines would be measured as well. Benchmark only. */
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

/** Call it before anything else of Temporal's worker. */
export function quietRuntime(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }), forward: {} },
    },
  });
}
