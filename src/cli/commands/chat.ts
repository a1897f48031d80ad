/** `orchestrator chat`: a conversation with the manager, on a terminal or line by line. Host side. */
import type { OrchestratorClient } from '../../client/orchestrator-client.ts';
import { OrchestratorError } from '../../core/failures.ts';
import type { ChatSession } from '../chat/session.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { canDraw } from '../io.ts';
import { ensureInstance } from '../run/ensure-instance.ts';
import { loadSettings, type Settings, withClient } from '../settings.ts';
import { formatUsd } from '../view/format.ts';
import { safeJson, safeLine } from '../view/safe-text.ts';
import { table } from '../view/table.ts';
import { typed } from '../view/typed.ts';

/** Flags of `chat`. */
export interface ChatFlags {
  /** True: the conversation that was spoken in last. */
  readonly continue?: string | true;
  readonly yes?: boolean;
}

/** Talks until the person leaves, or the input ends. The conversation and its goals go on by themselves. */
export async function chat(context: CommandContext, flags: ChatFlags): Promise<number> {
  const settings = loadSettings(context);
  const instance = await ensureInstance(context, settings);
  return withClient(settings, async (client) => {
    const { io, globals } = context;
    const onTerminal = !globals.json && io.stdinIsTTY && canDraw(io);
    const startsGoals = flags.yes ? 'allow' : onTerminal ? 'ask' : 'deny';
    const conversationId = await conversationOf(client, flags.continue);
    const session: ChatSession = { context, client, conversationId, startsGoals };
    if (onTerminal) return (await import('../chat/terminal.ts')).talk(session);
    return (await import('../chat/lines.ts')).readLines(session);
  }).finally(() => instance.stopIfIdle(openGoals(settings)));
}

const openGoals = (settings: Settings) => () =>
  withClient(settings, async (client) => {
    const { OPEN_STATUSES } = await import('../../client/goal-statuses.ts');
    return (await client.list({ status: OPEN_STATUSES, limit: 1 })).length;
  });

async function conversationOf(
  { conversations }: OrchestratorClient,
  wanted: string | true | undefined,
): Promise<string> {
  if (wanted === undefined) return (await conversations.begin()).conversationId;
  if (wanted !== true) return (await conversations.get(wanted)).conversationId;
  const [last] = await conversations.list(1);
  if (last) return last.conversationId;
  throw new OrchestratorError('conversation.not-found', 'There is no conversation yet.', {
    remedy: 'Begin one with `orchestrator chat`.',
  });
}

/** `chat list`: those spoken in last first. */
export async function listChats(context: CommandContext, flags: { readonly limit?: number }): Promise<number> {
  const { io, globals } = context;
  const chats = await withClient(loadSettings(context), (client) => client.conversations.list(flags.limit));
  if (globals.json) io.stdout.write(`${safeJson(chats, 2)}\n`);
  else if (chats.length === 0)
    io.stdout.write(`There are no conversations. Begin one with \`${typed('chat', globals)}\`.\n`);
  else {
    const rows = chats.map((one) => [
      one.conversationId,
      one.lastAt.slice(0, 16).replace('T', ' '),
      String(one.messages),
      formatUsd(one.costMicroUsd),
      safeLine(one.title),
    ]);
    const head = ['CONVERSATION', 'LAST', 'MESSAGES', 'COST', 'TITLE'];
    io.stdout.write(`${table(head, rows, io.stdout.columns).join('\n')}\n`);
  }
  return EXIT.ok;
}
