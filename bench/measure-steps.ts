/** Where the time of a chain goes: from asking for it to its first request, step by step, and from the last answer to its result. Benchmark only. */
import { eventMs, type HistoryEvent } from '../src/testing/history.ts';
import { endOf, median, type SeenRequest } from './delays.ts';
import type { Engine } from './engines.ts';
import type { BenchPlan } from './plan.ts';
import type { Stage } from './stage.ts';

/** Medians in ms. Requests as the simulator saw them, the rest as Temporal wrote it down. */
export interface StepFigures {
  readonly engine: Engine['name'];
  readonly opening: number;
  /** From an answer to the end of its activity. */
  readonly ending: number;
  /** Until the workflow's worker has its task. */
  readonly handingOver: number;
  readonly workflowTask: number;
  /** Until the next request. */
  readonly starting: number;
  readonly closing: number;
}

type Step = Pick<StepFigures, 'ending' | 'handingOver' | 'workflowTask' | 'starting'>;

/** Runs `chain`, a plan in which each task waits for the one before it, so many times. */
export async function measureSteps(
  { simulator, temporal: { client } }: Stage,
  engine: Engine,
  { chain, times }: { readonly chain: BenchPlan; readonly times: number },
): Promise<StepFigures> {
  const openings: number[] = [];
  const closings: number[] = [];
  const steps: Step[] = [];
  await simulator.ask('requests');
  for (let time = 0; time < times; time++) {
    const askedAt = Date.now();
    const workflowId = (await engine.run(chain)) ?? '';
    const endedAt = Date.now();
    const requests = (await simulator.ask<SeenRequest[]>('requests')).sort((a, b) => a.at - b.at);
    openings.push((requests[0]?.at ?? Number.NaN) - askedAt);
    closings.push(endedAt - endOf(requests.at(-1)));
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    steps.push(...stepsOf(requests, events ?? []));
  }
  const of = (member: keyof Step) => median(steps.map((step) => step[member]));
  return {
    ...{ engine: engine.name, opening: median(openings), closing: median(closings) },
    ...{ ending: of('ending'), handingOver: of('handingOver'), workflowTask: of('workflowTask') },
    starting: of('starting'),
  };
}

/** Between two requests lie the end of an activity and one workflow task. */
function stepsOf(requests: readonly SeenRequest[], events: readonly HistoryEvent[]): Step[] {
  const timesOf = (member: keyof HistoryEvent) => events.filter((event) => event[member]).map(eventMs);
  const activityEnds = timesOf('activityTaskCompletedEventAttributes');
  const taskStarts = timesOf('workflowTaskStartedEventAttributes');
  const taskEnds = timesOf('workflowTaskCompletedEventAttributes');
  return requests.slice(1).map(({ at }, index) => {
    const answeredAt = endOf(requests[index]);
    const ended = firstAfter(activityEnds, answeredAt);
    const started = firstAfter(taskStarts, ended);
    const decided = firstAfter(taskEnds, started);
    return {
      ...{ ending: ended - answeredAt, handingOver: started - ended, workflowTask: decided - started },
      starting: at - decided,
    };
  });
}

const firstAfter = (times: readonly number[], before: number): number =>
  times.find((time) => time >= before) ?? Number.NaN;
