/** `orchestrator approvals …`: what waits for a person, and the verdict. Host side. */
import type { Decide } from '../../client/approvals.ts';
import type { OrchestratorClient } from '../../client/orchestrator-client.ts';
import type { ApprovalDetail, ApprovalView } from '../../core/approval.ts';
import { OrchestratorError } from '../../core/failures.ts';
import { author } from '../author.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { canDraw } from '../io.ts';
import { askForAnswer, askToDecide } from '../run/ask-to-decide.ts';
import { loadSettings, withClient } from '../settings.ts';
import { approvalLines } from '../view/approval.ts';
import { safeJson } from '../view/safe-text.ts';
import { table } from '../view/table.ts';
import { quoted } from '../view/typed.ts';

/** `approvals list [goal]`: newest first; with `all` also what was decided. */
export async function listApprovals(
  context: CommandContext,
  goalId: string | undefined,
  flags: { readonly all?: boolean; readonly limit?: number },
): Promise<number> {
  const { io, globals } = context;
  const filter = { ...flags, ...(goalId === undefined ? {} : { goalId }) };
  const items = await withClient(loadSettings(context), (client) => client.approvals(filter));
  if (globals.json) io.stdout.write(`${safeJson(items, 2)}\n`);
  else if (items.length === 0) io.stdout.write('Nothing waits for a decision.\n');
  else {
    const head = ['APPROVAL', 'KIND', 'STATE', 'ASKED', 'EXPIRES', 'TASK', 'WHAT'];
    io.stdout.write(`${table(head, items.map(row), io.stdout.columns).join('\n')}\n`);
  }
  return EXIT.ok;
}

function row(item: ApprovalView): string[] {
  const expires = item.expiresAt === null ? 'never' : `${minute(item.expiresAt)} (${item.onExpiry})`;
  const state = item.decidedBy === null ? item.state : `${item.state} by ${item.decidedBy}`;
  return [item.id, item.kind, state, minute(item.askedAt), expires, item.taskId ?? '', item.title];
}

function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

/** `approvals show <id>`: all that is needed to decide, with the exact arguments. */
export async function showApproval(context: CommandContext, id: string): Promise<number> {
  const { io, globals } = context;
  const item = await withClient(loadSettings(context), (client) => client.approval(id));
  io.stdout.write(globals.json ? `${safeJson(item, 2)}\n` : `${approvalLines(item).join('\n')}\n`);
  return EXIT.ok;
}

/** Flags of `approvals approve | deny | answer`. */
export interface DecideFlags {
  /** The hash that was seen; default: that of what is there now, which is shown first. */
  readonly hash?: string;
  /** Do not ask for the same tool again in this goal. */
  readonly forGoal?: boolean;
  readonly note?: string;
  /** Of a budget: the new limit in USD. */
  readonly budget?: number;
  /** Do not ask back on a terminal. */
  readonly yes?: boolean;
}

/** `approvals answer <id> <text>`: only of a question, since nothing else is decided by a text. */
export async function answer(context: CommandContext, id: string, note: string): Promise<number> {
  return withClient(loadSettings(context), async (client) => {
    const item = await client.approval(id);
    if (item.kind !== 'question') throw noQuestion(item);
    return send(context, client, { item, decision: { verdict: 'approve', note } });
  });
}

function noQuestion({ id, kind }: ApprovalDetail): OrchestratorError {
  return new OrchestratorError('control.invalid', `${id} is no question but a ${kind}: it is approved or denied.`, {
    remedy: `\`orchestrator approvals show ${quoted(id)}\` shows it.`,
  });
}

/** `approvals approve | deny <id>`: shows the item, asks back on a terminal, decides. Exit code 7 when another came first, and otherwise. */
export async function decide(context: CommandContext, id: string, decision: Decision): Promise<number> {
  return withClient(loadSettings(context), async (client) => {
    const item = await client.approval(id);
    const meant = await whatIsMeant(context, item, decision);
    if (meant) return send(context, client, { item, decision: meant });
    context.io.stderr.write('Nothing was decided.\n');
    return EXIT.ok;
  });
}

type Decision = DecideFlags & { readonly verdict: Decide['verdict'] };

/** On a terminal a person sees what is decided before it is, and answers a question; a script gives the hash it has seen. */
async function whatIsMeant(
  { io, globals }: CommandContext,
  item: ApprovalDetail,
  decision: Decision,
): Promise<Decision | undefined> {
  const { hash, yes, verdict, note } = decision;
  const asks = !globals.json && !yes && hash === undefined && canDraw(io) && io.stdinIsTTY;
  // What was decided before is only told.
  if (!asks || item.decidedBy !== null) return decision;
  io.stderr.write(`${approvalLines(item).join('\n')}\n\n`);
  if (item.kind !== 'question' || verdict === 'deny' || note !== undefined)
    return (await askToDecide(verdict)) ? decision : undefined;
  const said = await askForAnswer();
  return said === undefined ? undefined : { ...decision, note: said };
}

async function send(
  { io, globals }: CommandContext,
  client: OrchestratorClient,
  { item, decision }: { item: ApprovalDetail; decision: Decision },
): Promise<number> {
  const { verdict, note, forGoal, budget, hash = item.hash } = decision;
  const scope = forGoal ? 'goal' : 'once';
  const more = { ...(note === undefined ? {} : { note }), ...(budget === undefined ? {} : { budgetUsd: budget }) };
  const told = { verdict, hash, scope, author: author(), ...more } as const;
  const result = await client.decide(item.id, told);
  if (globals.json) io.stdout.write(`${safeJson({ id: item.id, ...result })}\n`);
  else {
    const approved = item.kind === 'question' ? 'answered' : 'approved';
    const is = result.verdict === 'approve' ? approved : 'denied';
    io.stdout.write(`${result.applied ? is : `Too late: ${is} by ${result.by} already`}: ${item.id}\n`);
  }
  // Another answer is not this one.
  const same = result.verdict === verdict && item.kind !== 'question';
  return result.applied || same ? EXIT.ok : EXIT.late;
}
