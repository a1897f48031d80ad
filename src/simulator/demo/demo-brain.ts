/** The demo's brain: plays manager, agents and checker by rules, in the goal's own words, marked as simulated. Host side. */
import type { Plan } from '../../core/plan.ts';
import type { Brain, MessageReply, SimulatedRequest } from '../contract.ts';
import { json, text } from '../replies.ts';
import { chatTurn } from './chat.ts';
import { taskTurn } from './do-task.ts';
import { type GoalFacts, goalFacts, shorten } from './goal-facts.ts';
import { judgeCriteria } from './judge.ts';
import { makePlan } from './make-plan.ts';
import { DEMO_PACE, type Pace, paced } from './pace.ts';
import { replan } from './replan.ts';
import { SIMULATED_RESULT } from './script-marks.ts';
import { deliverable } from './synthesise.ts';

export interface DemoOptions extends Partial<Pace> {
  /** Changes latencies, never texts. Default `demo`. */
  readonly seed?: string;
}

/** The planning request may limit the number of tasks. */
function maxTasks(requestText: string): number {
  const found = /(?:at most|maximum of|up to|no more than) (\d{1,4}) tasks/i.exec(requestText);
  return found ? Number(found[1]) : 20;
}

const newPlan = ({ prompt }: SimulatedRequest, facts: GoalFacts): Plan =>
  makePlan(facts, prompt.agents, maxTasks(prompt.requestText));

function answer(request: SimulatedRequest): MessageReply {
  const { prompt, purpose } = request;
  if (purpose === 'chat') return chatTurn(request);
  const facts = goalFacts(prompt.goal);
  if (purpose === 'plan') return json(newPlan(request, facts));
  if (purpose === 'replan') return json(replan(prompt, newPlan(request, facts)));
  if (purpose === 'task') return taskTurn(request, facts);
  if (purpose === 'check' || purpose === 'verify') return json(judgeCriteria(prompt));
  if (purpose === 'synthesis') return text(deliverable(facts, prompt));
  return text(`${SIMULATED_RESULT}\n\nThe request reads: “${shorten(prompt.requestText.trim(), 300)}”`);
}

/**
 * A brain without state: the same request always gets the same answer, so that it survives restarts. The plan has a task
 * that is blocked at first, one whose first result a check sends back, one that writes a file, and a first deliverable
 * that misses one criterion.
 */
export function demoBrain(options: DemoOptions = {}): Brain {
  const { seed = 'demo', ...pace } = options;
  return (request) => paced(answer(request), request, { seed, pace: { ...DEMO_PACE, ...pace } });
}
