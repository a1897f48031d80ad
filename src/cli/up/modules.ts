/** The heavy modules of `up`, loaded while its servers start. Host side. */

/** Loads them; the simulator only when it is wanted. */
export async function loadModules(simulate: boolean) {
  const [worker, native, store, logging, attributes, connect, examine, metrics, simulator, brain] = await Promise.all([
    import('../../workers/start-worker.ts'),
    import('../../integrations/temporal/connect-temporal-native.ts'),
    import('../../store/open-store.ts'),
    import('../../monitoring/temporal-logging.ts'),
    import('../../integrations/temporal/register-search-attributes.ts'),
    import('../../client/connect.ts'),
    import('../../client/examine/keep-examining.ts'),
    import('../../monitoring/runtime-metrics.ts'),
    simulate ? import('../../simulator/start-simulator.ts') : undefined,
    simulate ? import('../../simulator/demo/demo-brain.ts') : undefined,
  ]);
  return {
    ...{ startWorker: worker.startWorker, connectTemporalNative: native.connectTemporalNative },
    ...{ openStore: store.openStore, installTemporalLogging: logging.installTemporalLogging },
    ...{ registerSearchAttributes: attributes.registerSearchAttributes, connectTo: connect.connectTo },
    ...{ keepExamining: examine.keepExamining, goalGauges: metrics.runtimeGoalGauges },
    ...{ startSimulator: simulator?.startSimulator, demoBrain: brain?.demoBrain },
  };
}

export type UpModules = Awaited<ReturnType<typeof loadModules>>;
