/** Turns the flags of `goals fork` into what is edited and run again. Host side. */
import type { Fork } from '../../client/fork-goal.ts';
import { OrchestratorError } from '../../core/failures.ts';
import { readPlanFile } from './read-request.ts';

/** Flags of `goals fork` that make the fork. */
export interface ForkFlags {
  /** The task that the flags below change. */
  readonly task?: string;
  readonly instructions?: string;
  readonly title?: string;
  readonly agent?: string;
  readonly tier?: string;
  /** YAML or JSON: a list of edits. */
  readonly file?: string;
  readonly rerun?: readonly string[];
  /** USD. */
  readonly budget?: number;
  readonly verify?: 'off' | 'final' | 'each-task';
  readonly synthesis?: 'on' | 'off';
}

/** The fork, unchecked: the client's door checks it. */
export async function readFork(flags: ForkFlags): Promise<Fork> {
  const { file, rerun = [], budget, verify, synthesis } = flags;
  const fromFile = file === undefined ? [] : await editsOf(file);
  return {
    edits: [...fromFile, ...changeOf(flags)] as NonNullable<Fork['edits']>,
    rerun: [...rerun],
    ...(budget === undefined ? {} : { budgetUsd: budget }),
    ...(verify === undefined ? {} : { verify }),
    ...(synthesis === undefined ? {} : { synthesis: synthesis === 'on' }),
  };
}

async function editsOf(path: string): Promise<readonly unknown[]> {
  const edits = await readPlanFile(path);
  if (Array.isArray(edits)) return edits;
  throw usage(
    `The file ${path} holds no list of edits.`,
    'Give a YAML or JSON list, e.g. `- {op: remove, taskId: a}`.',
  );
}

function changeOf({ task: taskId, instructions, title, agent, tier }: ForkFlags): readonly unknown[] {
  const fields = { instructions, title, agent, tier };
  const named = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (taskId !== undefined && named.length > 0) return [{ op: 'change', taskId, ...Object.fromEntries(named) }];
  if (taskId === undefined && named.length === 0) return [];
  throw usage(
    `It is not said ${taskId === undefined ? 'which task changes' : 'what of the task changes'}.`,
    'Give --task and one of --instructions, --title, --agent, --tier.',
  );
}

function usage(message: string, remedy: string): OrchestratorError {
  return new OrchestratorError('usage.no-edit', message, { remedy });
}
