/** Turns the words and flags of `run` into a goal request. Host side. */
import { readFile } from 'node:fs/promises';
import { OrchestratorError } from '../../core/failures.ts';
import type { GoalRequestInput } from '../../core/goal.ts';
import type { Effect } from '../../core/policy.ts';
import { parsePlanText } from '../../tasks/parse-plan.ts';
import type { CliIo } from '../io.ts';

/** Plan files beyond this are not read. */
const MAX_PLAN_FILE_BYTES = 32 * 1024 * 1024;

/** Flags of `run` that belong to the goal. */
export interface RequestFlags {
  readonly plan?: string;
  readonly verify?: 'off' | 'final' | 'each-task';
  readonly synthesis?: 'on' | 'off';
  readonly maxParallel?: number;
  readonly maxTasks?: number;
  /** USD. */
  readonly budget?: number;
  readonly onBudget?: 'wait' | 'partial';
  /** Seconds. */
  readonly budgetWait?: number;
  readonly batch?: boolean;
  readonly approvePlan?: 'auto' | 'ask' | 'ask-above';
  /** Thresholds: USD, a number, an effect. Each means ask-above. */
  readonly askAboveCost?: number;
  readonly askAboveTasks?: number;
  readonly askAboveEffects?: Effect;
  readonly priority?: number;
  readonly tag?: readonly string[];
  readonly idempotencyKey?: string;
}

/** The request, unchecked: the client's door checks it. `-` reads the goal from standard input. */
export async function readRequest(io: CliIo, words: readonly string[], flags: RequestFlags): Promise<GoalRequestInput> {
  const plan = flags.plan === undefined ? undefined : await readPlanFile(flags.plan);
  const text = await readGoalText(io, words, plan);
  return {
    text,
    ...(plan === undefined ? {} : { plan: plan as GoalRequestInput['plan'] }),
    ...(flags.verify === undefined ? {} : { verify: flags.verify }),
    ...(flags.synthesis === undefined ? {} : { synthesis: flags.synthesis === 'on' }),
    ...(flags.maxParallel === undefined ? {} : { maxParallelTasks: flags.maxParallel }),
    ...(flags.maxTasks === undefined ? {} : { maxTasks: flags.maxTasks }),
    ...(flags.budget === undefined ? {} : { budgetUsd: flags.budget }),
    ...(flags.onBudget === undefined ? {} : { onBudget: flags.onBudget }),
    ...(flags.budgetWait === undefined ? {} : { budgetWaitMs: flags.budgetWait * 1_000 }),
    ...(flags.batch === undefined ? {} : { batch: flags.batch }),
    ...planApprovalOf(flags),
    ...(flags.priority === undefined ? {} : { priority: flags.priority }),
    ...(flags.tag === undefined || flags.tag.length === 0 ? {} : { tags: [...flags.tag] }),
    ...(flags.idempotencyKey === undefined ? {} : { idempotencyKey: flags.idempotencyKey }),
  };
}

/** A threshold alone asks for plans above it. */
function planApprovalOf(flags: RequestFlags): Pick<GoalRequestInput, 'approvePlan' | 'askAbove'> {
  const { approvePlan, askAboveCost: costUsd, askAboveTasks: tasks, askAboveEffects: effects } = flags;
  const askAbove = {
    ...(costUsd === undefined ? {} : { costUsd }),
    ...(tasks === undefined ? {} : { tasks }),
    ...(effects === undefined ? {} : { effects }),
  };
  if (Object.keys(askAbove).length > 0) return { approvePlan: approvePlan ?? 'ask-above', askAbove };
  return approvePlan === undefined ? {} : { approvePlan };
}

async function readGoalText(io: CliIo, words: readonly string[], plan: unknown): Promise<string> {
  if (words.length === 1 && words[0] === '-') return (await io.readStdin()).replace(/\r?\n$/, '');
  if (words.length > 0) return words.join(' ');
  const title = typeof plan === 'object' && plan !== null && 'title' in plan ? plan.title : undefined;
  if (typeof title === 'string') return title;
  throw new OrchestratorError('usage.no-goal', 'There is no goal.', {
    remedy: 'Give it in quotes, `-` to read it from standard input, or a plan with a title.',
  });
}

/** What a plan file, or one with edits of a plan, holds. Errors: `plan.invalid`. */
export async function readPlanFile(path: string): Promise<unknown> {
  const text = await readText(path);
  return /\.ya?ml$/i.test(path) ? parseYaml(path, text) : parseJson(path, text);
}

async function readText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw planError(path, `it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`, error);
  }
  if (bytes.length > MAX_PLAN_FILE_BYTES) throw planError(path, `it has ${bytes.length} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw planError(path, 'it is not UTF-8 text', error);
  }
}

function parseJson(path: string, text: string): unknown {
  const parsed = parsePlanText(text);
  if (parsed.ok) return parsed.value;
  throw planError(path, parsed.problems.map((problem) => problem.message).join('; '));
}

/** The value of a YAML text, so of a JSON text too; `path` is named when it is none. Errors: `plan.invalid`. */
export async function parseYaml(path: string, text: string): Promise<unknown> {
  const { parse } = await import('yaml');
  try {
    return parse(text, { maxAliasCount: 50, uniqueKeys: true, strict: true });
  } catch (error) {
    throw planError(
      path,
      `it is not valid YAML (${error instanceof Error ? error.message.split('\n')[0] : 'unknown'})`,
    );
  }
}

function planError(path: string, what: string, cause?: unknown): OrchestratorError {
  return new OrchestratorError('plan.invalid', `${path === '-' ? 'Standard input' : `The file ${path}`}: ${what}.`, {
    remedy: 'Give a JSON or YAML file: a plan with `title` and `tasks`, or a list of edits; see the user guide.',
    facts: { path },
    cause,
  });
}
