/** `orchestrator goals edit | skip-task | retry-task | reassign`: changes the plan of a running goal. Host side. */
import type { EditOperationInput, PlanDiff } from '../../core/plan-edit.ts';
import { author } from '../author.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { canDraw } from '../io.ts';
import { askToEdit } from '../run/ask-to-edit.ts';
import { readOperations } from '../run/read-operations.ts';
import { loadSettings, withClient } from '../settings.ts';
import { planDiffLines } from '../view/plan-diff.ts';
import { safeJson } from '../view/safe-text.ts';

/** Flags that the commands share. */
export interface EditFlags {
  /** Show what would change, and change nothing. */
  readonly preview?: boolean;
  /** Do not ask back on a terminal. */
  readonly yes?: boolean;
}

/** `goals edit <id> --file <file>`: the operations of a file, or of standard input. */
export async function editFromFile(
  context: CommandContext,
  goalId: string,
  flags: EditFlags & { readonly file: string },
): Promise<number> {
  return editPlan(context, goalId, { ...flags, ...(await readOperations(context.io, flags.file)) });
}

/** Shows what changes and costs, asks back on a terminal, applies it to exactly the plan that was shown. */
export async function editPlan(
  context: CommandContext,
  goalId: string,
  edit: EditFlags & { readonly operations: readonly EditOperationInput[]; readonly baseRevision?: number },
): Promise<number> {
  const { io, globals } = context;
  const { operations, baseRevision, preview, yes } = edit;
  const request = { operations, author: author(), ...(baseRevision === undefined ? {} : { baseRevision }) };
  const asks = !globals.json && !yes && canDraw(io) && io.stdinIsTTY;
  return withClient(loadSettings(context), async (client) => {
    if (preview) return show(context, await client.previewEdit(goalId, request), 'preview');
    if (!asks) return show(context, await client.editPlan(goalId, request), 'applied');
    const seen = await client.previewEdit(goalId, request);
    io.stderr.write(`${planDiffLines(seen).join('\n')}\n\n`);
    if (!(await askToEdit())) {
      io.stderr.write('Nothing was changed.\n');
      return EXIT.ok;
    }
    const diff = await client.editPlan(goalId, { ...request, baseRevision: seen.baseRevision });
    io.stdout.write(`The plan is at revision ${diff.revision} now.\n`);
    return EXIT.ok;
  });
}

function show({ io, globals }: CommandContext, diff: PlanDiff, what: 'preview' | 'applied'): number {
  const head =
    what === 'preview' ? 'Nothing is changed; this would be:' : `The plan is at revision ${diff.revision} now.`;
  const lines = [head, ...planDiffLines(diff)];
  io.stdout.write(
    globals.json ? `${safeJson({ applied: what === 'applied', ...diff }, 2)}\n` : `${lines.join('\n')}\n`,
  );
  return EXIT.ok;
}
