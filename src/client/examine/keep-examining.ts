/** Examines all open goals at an interval, says what it finds, and sets metrics; never throws. Host side. */
import type { Logger } from '../../monitoring/logger.ts';
import type { GoalGauges } from '../../monitoring/metrics.ts';
import type { Examination } from './examine-goals.ts';
import type { GoalFinding } from './judge-goal.ts';

/** What is needed; `gauges` only when metrics are served. */
export interface Examining {
  readonly examine: () => Promise<Examination>;
  readonly intervalMs: number;
  readonly logger: Logger;
  readonly gauges?: GoalGauges;
}

/** Starts at once; gives what stops it, which waits for the examination that runs. */
export function keepExamining({ examine, intervalMs, logger, gauges }: Examining): () => Promise<void> {
  let known = new Map<string, GoalFinding>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const once = async (): Promise<void> => {
    try {
      const { findings, openGoals, fullest } = await examine();
      gauges?.set({ findings, openGoals, fullestShare: fullest?.share ?? 0 });
      const now = new Map(findings.map((finding) => [`${finding.goalId} ${finding.kind}`, finding]));
      for (const [key, finding] of now) if (!known.has(key)) logger.warn('a goal does not go on', { ...finding });
      for (const [key, { goalId, kind }] of known) if (!now.has(key)) logger.info('it is over', { goalId, kind });
      known = now;
    } catch (error) {
      logger.warn('open goals could not be examined', { error });
    }
    if (!stopped) timer = setTimeout(start, intervalMs);
  };
  let running = Promise.resolve();
  const start = (): void => {
    running = once();
  };
  start();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
