/** The simulator of a chaos run as a process of its own. Test kit, host side; started by `startChild`. */
import { startSimulator } from '../../simulator/index.ts';
import { answer } from '../answer.ts';
import { chaosBrain } from './chaos-brain.ts';

const { seed } = JSON.parse(process.argv[2] ?? '{}') as { readonly seed: number };
/** By request, the host that it named: each worker has a line of its own. */
const lines = new Map<string, string>();
const brain = chaosBrain(seed);
const simulator = await startSimulator({
  logCapacity: 1_000_000,
  brain: (request) => {
    lines.set(request.id, request.headers.host ?? '');
    return brain(request);
  },
});

answer({
  url: () => simulator.url,
  requests: () => simulator.requests.list().map((entry) => ({ ...entry, line: lines.get(entry.id) ?? '' })),
  scriptErrors: () => simulator.scriptErrors.map(String),
});
