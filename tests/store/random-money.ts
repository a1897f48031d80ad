/** Random accounts, goals, calls and deaths for the budget ledger, and what was really paid. Tests only. */
import { goalAccount, scheduleAccount, tenantAccount } from '../../src/core/contracts/budget.ts';
import { newGoalId } from '../../src/core/ids.ts';
import type { TenantBudget } from '../../src/core/tenant-budget.ts';
import type { CallId, Store } from '../../src/store/store.ts';
import { CENSUS, finishedCall, gate, SNAPSHOT } from './samples.ts';

/** Where an attempt at a call ends. */
export const ENDS = [
  'before-admission',
  'after-admission',
  'refused-by-status',
  'cut',
  'cancelled',
  'answered-not-recorded',
  'recorded',
  'recorded-not-told',
  'late',
  'after-close',
] as const;

/** One attempt at a call: where it ends, the most it can cost, the share of it that is really billed. */
export interface Attempt {
  readonly end: (typeof ENDS)[number];
  readonly worst: number;
  readonly share: number;
}

/** A goal of parallel tasks, each with its attempts one after the other. */
export interface GoalPlan {
  /** Null: no cap of its own. */
  readonly cap: number | null;
  /** Under the schedule, or below the goal at this place (an earlier one), or under the tenant alone. */
  readonly under: 'schedule' | 'tenant' | number;
  readonly tasks: readonly (readonly Attempt[])[];
}

/** A tenant's month: its cap, a schedule's, and the goals that run at once. */
export interface Month {
  readonly tenantCap: number | null;
  readonly scheduleCap: number | null;
  readonly goals: readonly GoalPlan[];
}

/** What came of a month. */
export interface Outcome {
  /** By account: the goals that spend from it. */
  readonly goals: ReadonlyMap<string, readonly string[]>;
  /** By account: what was billed under it, by the answers that were really sent. */
  readonly billed: ReadonlyMap<string, number>;
  readonly admitted: number;
  readonly refused: number;
  /** Calls whose answer was recorded, and requests sent for a call after that. */
  readonly recorded: number;
  readonly sentAfterRecord: number;
  readonly ends: ReadonlyMap<string, number>;
}

const SCHEDULE = scheduleAccount('s');

/** Runs the month's goals in parallel on `tenant`, which nobody else may use, and closes them. */
export async function runMonth(store: Store, tenant: string, month: Month): Promise<Outcome> {
  const run = new MonthRun(store, tenant, month);
  await run.toEnd();
  return run.outcome;
}

/** What the attempts of one task need to know of their goal. */
interface GoalPart {
  readonly chain: readonly string[];
  /** Answers that come when the task is over. */
  readonly late: (() => Promise<void>)[];
}

/** A request that was sent, and what its answer costs. */
interface Sent {
  readonly id: CallId;
  readonly attempt: string;
  readonly costMicroUsd: number;
}

class MonthRun {
  readonly outcome = {
    goals: new Map<string, string[]>(),
    billed: new Map<string, number>(),
    ...{ admitted: 0, refused: 0, recorded: 0, sentAfterRecord: 0 },
    ends: new Map<string, number>(),
  };
  readonly #store: Store;
  readonly #tenant: string;
  readonly #month: Month;
  readonly #tenantBudget: TenantBudget | undefined;
  readonly #afterClose: (() => Promise<void>)[] = [];
  readonly #chains: string[][] = [];
  #attempts = 0;

  constructor(store: Store, tenant: string, month: Month) {
    this.#store = store;
    this.#tenant = tenant;
    this.#month = month;
    this.#tenantBudget = month.tenantCap === null ? undefined : { capMicroUsd: month.tenantCap, warnShare: 0.9 };
  }

  async toEnd(): Promise<void> {
    const { scheduleCap, goals } = this.#month;
    await this.#store.budget.openAccount(this.#tenant, { account: SCHEDULE, capMicroUsd: scheduleCap, warnShare: 0.8 });
    const opened: string[] = [];
    for (const goal of goals) opened.push(await this.#open(goal));
    await Promise.all(goals.map((goal, at) => this.#runGoal(opened[at] ?? '', goal, this.#chains[at] ?? [])));
    await Promise.all(this.#afterClose.map((late) => late()));
  }

  async #open({ cap, under }: GoalPlan): Promise<string> {
    const [goalId, tenant] = [newGoalId(), this.#tenant];
    const above = typeof under === 'number' ? (this.#chains[under] ?? []) : under === 'schedule' ? [SCHEDULE] : [];
    const chain = [goalAccount(goalId), ...above];
    this.#chains.push(chain);
    for (const account of [...chain, tenantAccount(new Date())]) {
      this.outcome.goals.set(account, [...(this.outcome.goals.get(account) ?? []), goalId]);
    }
    const [parentAccount] = above;
    const parent = parentAccount === undefined ? {} : { parentAccount };
    await this.#store.goals.create({ goalId, tenant, request: { text: 'x' }, simulated: true, ...parent });
    const budget = cap === null ? {} : { budgetMicroUsd: cap, budgetWarnShare: 0.8 };
    const snapshot = { ...SNAPSHOT, limits: { ...SNAPSHOT.limits, ...budget } };
    await this.#store.goals.open({ goalId, tenant, title: 'T', snapshot });
    return goalId;
  }

  async #runGoal(goalId: string, { tasks }: GoalPlan, chain: readonly string[]): Promise<void> {
    const tenant = this.#tenant;
    await Promise.all(
      tasks.map(async (attempts, at) => {
        const late: GoalPart['late'] = [];
        let turn = 1;
        for (const attempt of attempts) {
          const id = { goalId, tenant, taskId: `t${at}`, revision: 0, turn };
          if (await this.#attempt(id, attempt, { chain, late })) turn += 1;
        }
        await Promise.all(late.map((answer) => answer()));
      }),
    );
    await this.#store.goals.close({ goalId, tenant, status: 'partial', census: CENSUS, events: [] });
  }

  /** True when its call was recorded, so that the task goes on to the next. */
  async #attempt(id: CallId, one: Attempt, goal: GoalPart): Promise<boolean> {
    if (one.end === 'before-admission') return this.#count(one.end);
    const attempt = `a${++this.#attempts}`;
    const tenantBudget = this.#tenantBudget ? { tenantBudget: this.#tenantBudget } : {};
    const request = { attempt, worstMicroUsd: one.worst, events: [], ...tenantBudget };
    // Room and attempts for all: money alone decides.
    const entry = await this.#store.journal.enter(id, request, { ...gate('m', id), maxFailures: 1_000 });
    if (entry.state === 'recorded') return true;
    if (entry.state !== 'passed' || entry.admission.state !== 'admitted') {
      this.outcome.refused += 1;
      return false;
    }
    this.outcome.admitted += 1;
    this.#count(one.end);
    const costMicroUsd = Math.floor(one.worst * one.share);
    if (one.end !== 'after-admission' && one.end !== 'refused-by-status') this.#bill(goal.chain, costMicroUsd);
    return this.#end(one.end, { id, attempt, costMicroUsd }, goal);
  }

  async #end(end: Attempt['end'], sent: Sent, { late }: GoalPart): Promise<boolean> {
    const { id, attempt } = sent;
    const { journal } = this.#store;
    const failed = { type: 'model.x', message: '', counts: true, attempt };
    if (end === 'refused-by-status') await journal.fail(id, { ...failed, billed: false });
    if (end === 'cut') await journal.fail(id, { ...failed, billed: true });
    if (end === 'cancelled') await journal.abandon(id, { attempt, billed: true });
    if (end === 'late') late.push(() => this.#record(sent));
    if (end === 'after-close') this.#afterClose.push(() => this.#record(sent));
    if (end !== 'recorded' && end !== 'recorded-not-told') return false;
    await this.#record(sent);
    if (end === 'recorded') return true;
    // The worker died before it told Temporal: the next attempt finds the record and sends nothing.
    if ((await journal.lookUp(id)).state !== 'recorded') this.outcome.sentAfterRecord += 1;
    await this.#record(sent);
    return true;
  }

  async #record({ id, attempt, costMicroUsd }: Sent): Promise<void> {
    const call = finishedCall(id, { attempt });
    const { recorded } = await this.#store.journal.record({ ...call, result: { ...call.result, costMicroUsd } });
    this.outcome.recorded += recorded ? 0 : 1;
  }

  #count(end: string): false {
    this.outcome.ends.set(end, (this.outcome.ends.get(end) ?? 0) + 1);
    return false;
  }

  #bill(chain: readonly string[], cost: number): void {
    for (const account of [...chain, tenantAccount(new Date())]) {
      this.outcome.billed.set(account, (this.outcome.billed.get(account) ?? 0) + cost);
    }
  }
}
