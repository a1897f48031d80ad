/** The simulator as a process of its own, so that its CPU time is counted apart. Benchmark only; started with IPC. */
import { message, startSimulator, submit, withLatency } from '../src/simulator/index.ts';
import { answer } from '../src/testing/answer.ts';

const simulator = await startSimulator({
  logCapacity: 100_000,
  brain: ({ params }) => {
    const latencyMs = Number(/latency=(\d+)/.exec(JSON.stringify(params.messages[0]))?.[1] ?? 0);
    const reply = params.tools ? submit({ output: 'Done.' }) : message({ type: 'text', text: 'Done.' });
    return withLatency(latencyMs, reply);
  },
});

answer({
  url: () => simulator.url,
  /** The requests since the last call. */
  requests: () => {
    const entries = simulator.requests
      .list()
      .map(({ key, at, durationMs, status }) => ({ key, at, durationMs, status }));
    simulator.requests.reset();
    return entries;
  },
  /** Keys asked for so far, without forgetting them. */
  count: () => simulator.requests.total,
});
