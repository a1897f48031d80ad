/** What a run of the benchmark found out. Benchmark only, types. */
import type { KillFigures } from './measure-kill.ts';
import type { LargeFigures } from './measure-large.ts';
import type { PlanFigures } from './measure-plan.ts';
import type { RateFigures } from './measure-rate.ts';
import type { StepFigures } from './measure-steps.ts';

/** Where and when a run took place. `load…`: the system's load averages over 1, 5 and 15 minutes. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly platform: string;
  readonly date: string;
  readonly loadBefore: string;
  readonly loadAfter: string;
  readonly command: string;
}

export interface Figures {
  readonly machine: Machine;
  readonly plans: readonly PlanFigures[];
  readonly steps: readonly StepFigures[];
  readonly rates: readonly RateFigures[];
  readonly large: LargeFigures;
  readonly kill: KillFigures;
}
