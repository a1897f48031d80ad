/** The model of a chaos run: computes every task, writes files, plans and sums up, each after a moment. Test kit, host side. */
import {
  allOf,
  type Brain,
  hasCalled,
  isPlanCall,
  isSynthesisCall,
  isTaskCall,
  not,
  plan,
  rules,
  type SimulatedReply,
  type SimulatedRequest,
  text,
  toolUse,
  withLatency,
} from '../../simulator/index.ts';
import { computed, computedOutput } from '../computed-plans.ts';
import { random } from '../random.ts';
import { type ChaosGoal, chaosGoal, fileOf, numberOf } from './chaos-goals.ts';

const LEAST_MS = 150;
const MOST_MS = 450;

/** Answers as the goals of this seed need. */
export function chaosBrain(seed: number): Brain {
  const latency = random(seed);
  const goalOf = ({ prompt }: SimulatedRequest): ChaosGoal => chaosGoal(seed, numberOf(prompt.goal));
  const writes = (request: SimulatedRequest): boolean => goalOf(request).writers.has(request.prompt.taskId ?? '');
  const answers = rules([
    { when: allOf(isTaskCall(), writes, not(hasCalled('write_file'))), reply: write },
    { when: isTaskCall(), reply: computed },
    { when: isPlanCall, reply: (request) => plan(goalOf(request).plan) },
    { when: isSynthesisCall, reply: text('All of it is done.') },
  ]);
  return async (request) => withLatency(LEAST_MS + latency() * (MOST_MS - LEAST_MS), await answers(request));
}

function write(request: SimulatedRequest): SimulatedReply {
  const { taskId = '' } = request.prompt;
  return toolUse('write_file', { path: fileOf(taskId), content: computedOutput(request) });
}
