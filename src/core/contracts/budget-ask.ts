/** What people are asked when an account does not hold the calls that wait: how much more it may spend. Pure, sandbox-safe. */
import { canonicalJson } from '../json.ts';
import { sha256Of } from '../sha256.ts';
import { MAX_BUDGET_USD, toMicroUsd, usdText } from './budget.ts';

/** Why one call was refused: the details of `budget.exhausted`. Micro-USD. */
export interface RefusedSpend {
  /** `goal/<id>`, `schedule/<id>` or `tenant/<yyyy-mm>`. */
  readonly account: string;
  readonly capMicroUsd: number;
  readonly settledMicroUsd: number;
  /** Held by calls in flight when it was refused. */
  readonly reservedMicroUsd: number;
  /** What the call can cost at most. */
  readonly neededMicroUsd: number;
}

/** The exact facts of a budget's work item. Micro-USD. */
export interface BudgetAsk extends RefusedSpend {
  /** How many calls wait; `neededMicroUsd` is the sum of them. */
  readonly calls: number;
  /** The least limit under which one of them can be made. */
  readonly leastMicroUsd: number;
  /** The limit that an approval sets unless it names one: all of them can be made. */
  readonly raiseToMicroUsd: number;
}

const NUMBERS = ['capMicroUsd', 'settledMicroUsd', 'reservedMicroUsd', 'neededMicroUsd'] as const;
const CENT = 10_000;
const MOST = toMicroUsd(MAX_BUDGET_USD);

/** The refusal in what a failure says of itself; undefined when it says none. */
export function refusedSpend(details: unknown): RefusedSpend | undefined {
  if (typeof details !== 'object' || details === null) return undefined;
  const { account, ...numbers } = details as Record<string, unknown>;
  if (typeof account !== 'string' || !NUMBERS.every((name) => Number.isSafeInteger(numbers[name]))) return undefined;
  const [capMicroUsd, settledMicroUsd, reservedMicroUsd, neededMicroUsd] = NUMBERS.map(
    (name) => numbers[name] as number,
  );
  return { account, capMicroUsd, settledMicroUsd, reservedMicroUsd, neededMicroUsd } as RefusedSpend;
}

/** What to ask for, for all calls that wait for the account of the last refusal. Undefined: no raise helps, or none waits. */
export function askForMoney(refusals: readonly RefusedSpend[]): BudgetAsk | undefined {
  const account = refusals.at(-1)?.account;
  const own = refusals.filter((refusal) => refusal.account === account);
  const last = own.at(-1);
  if (!last) return undefined;
  const spent = Math.max(...own.map(({ settledMicroUsd, reservedMicroUsd }) => settledMicroUsd + reservedMicroUsd));
  const needed = own.map(({ neededMicroUsd }) => neededMicroUsd);
  const sum = needed.reduce((total, one) => total + one, 0);
  const leastMicroUsd = Math.max(last.capMicroUsd + 1, spent + Math.min(...needed));
  if (leastMicroUsd > MOST) return undefined;
  const whole = Math.ceil(Math.max(leastMicroUsd, spent + sum) / CENT) * CENT;
  return { ...last, neededMicroUsd: sum, calls: own.length, leastMicroUsd, raiseToMicroUsd: Math.min(MOST, whole) };
}

/** One and the same for the same facts: what a verdict is bound to. */
export function hashOfAsk(ask: BudgetAsk): string {
  return sha256Of(canonicalJson({ kind: 'budget', ...ask }));
}

/** The question in one line. */
export function titleOfAsk({ account, capMicroUsd, calls, neededMicroUsd, raiseToMicroUsd }: BudgetAsk): string {
  const what = calls === 1 ? 'a call may cost' : `${calls} calls may cost`;
  return `may ${account} spend ${usdText(raiseToMicroUsd)} in place of ${usdText(capMicroUsd)}? ${what} ${usdText(neededMicroUsd)}`;
}
