/** Everything that is known when a chaos run is over, as plain data: what the checks and the report read. Test kit, types only. */
import type { RequestEntry } from '../../simulator/index.ts';
import type { SeenStall } from '../stalls.ts';
import type { DoneFault } from './carry-out.ts';
import type { Submissions } from './submit-goals.ts';

/** A goal as the store has it. */
export interface StoredGoal {
  readonly goalId: string;
  readonly idempotencyKey: string;
  readonly status: string;
  readonly reason: string | null;
  readonly ended: boolean;
  /** Outputs by task, of submitted results. */
  readonly outputs: ReadonlyMap<string, string>;
  /** Contents of the files it left, by path. */
  readonly files: ReadonlyMap<string, string>;
}

/** A call of the journal that was answered. */
export interface RecordedCall {
  readonly key: string;
  readonly requestId: string;
  readonly recordedAt: number;
  /** Its row in the ledger. */
  readonly costMicroUsd: number;
}

/** Money spent beside the ledger's rows: exactly (duplicate), or at most (unknown). */
export interface ExtraSpend {
  readonly key: string;
  readonly kind: 'duplicate' | 'unknown';
  readonly microUsd: number;
}

export interface BudgetAccount {
  readonly account: string;
  readonly capMicroUsd: number | null;
  readonly settledMicroUsd: number;
  readonly reservedMicroUsd: number;
}

/** A request as the simulator saw it, and whose line it came on. */
export interface SeenRequest extends RequestEntry {
  readonly line: string;
  readonly process: string;
  /** What it costs when it is billed: it was answered in full, or its answer was recorded. */
  readonly billedMicroUsd?: number;
}

/** A workflow as Temporal has it. */
export interface SeenWorkflow {
  readonly workflowId: string;
  readonly status: string;
  /** Longest row of workflow tasks that failed one after the other. */
  readonly failedTasksInARow: number;
  /** When each call was over as the workflow knows it, epoch ms, by key. */
  readonly callsDone: ReadonlyMap<string, number>;
  /** Calls of which Temporal gave an attempt up because its heartbeat or its end was not heard in time. */
  readonly callsGivenUp: ReadonlySet<string>;
}

export interface Accounts {
  readonly seed: number;
  readonly minutes: number;
  readonly faults: readonly DoneFault[];
  readonly stalls: readonly SeenStall[];
  readonly submissions: Submissions;
  readonly goals: readonly StoredGoal[];
  /** Workflows that Visibility counts. */
  readonly visible: number;
  readonly workflows: readonly SeenWorkflow[];
  readonly requests: readonly SeenRequest[];
  readonly calls: readonly RecordedCall[];
  /** Sum of the ledger's rows. */
  readonly ledgerMicroUsd: number;
  readonly extraSpend: readonly ExtraSpend[];
  readonly budgets: readonly BudgetAccount[];
  /** Processes that ended by themselves, brains that threw. */
  readonly incidents: readonly string[];
}
