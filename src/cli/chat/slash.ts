/** The slash commands of a conversation: what they do and how they complete. Host side. */
import type { OrchestratorClient } from '../../client/orchestrator-client.ts';
import type { CommandContext } from '../context.ts';
import { chatLines } from './render.ts';
import type { ChatSession } from './session.ts';

/** What the conversation does after a command. */
export type AfterSlash = 'go-on' | 'leave' | 'new';

interface Slash {
  readonly name: string;
  /** What its argument is; it completes to such ids. */
  readonly takes?: 'goal' | 'approval';
  readonly help: string;
  run(session: ChatSession, id: string): Promise<AfterSlash>;
}

/** Runs a command of the command line; its output is shown, its exit code does not matter here. */
const shows =
  (work: (context: CommandContext, id: string) => Promise<unknown>): Slash['run'] =>
  async ({ context }, id) => {
    await work(context, id);
    return 'go-on';
  };

const SLASHES: readonly Slash[] = [
  {
    name: '/goals',
    help: 'the newest goals',
    run: shows(async (context) => (await import('../commands/goals.ts')).listGoals(context, { limit: 20 })),
  },
  {
    name: '/status',
    takes: 'goal',
    help: 'everything about a goal',
    run: shows(async (context, id) => (await import('../commands/goals.ts')).showGoal(context, id, {})),
  },
  {
    name: '/cancel',
    takes: 'goal',
    help: 'cancel a goal',
    run: shows(async (context, id) => (await import('../commands/goals.ts')).cancelGoal(context, id, {})),
  },
  {
    name: '/approvals',
    help: 'what waits for a decision',
    run: shows(async (context) => (await import('../commands/approvals.ts')).listApprovals(context, undefined, {})),
  },
  {
    name: '/approve',
    takes: 'approval',
    help: 'approve an item',
    run: shows(async (context, id) => {
      const { decide } = await import('../commands/approvals.ts');
      return decide(context, id, { verdict: 'approve', yes: true });
    }),
  },
  {
    name: '/deny',
    takes: 'approval',
    help: 'deny an item',
    run: shows(async (context, id) => {
      const { decide } = await import('../commands/approvals.ts');
      return decide(context, id, { verdict: 'deny', yes: true });
    }),
  },
  { name: '/history', help: 'this conversation from its start', run: history },
  { name: '/new', help: 'begin another conversation', run: async () => 'new' },
  { name: '/exit', help: 'leave; the conversation is kept', run: async () => 'leave' },
];

/** Runs the command that `line` is. */
export async function runSlash(session: ChatSession, line: string): Promise<AfterSlash> {
  const { io } = session.context;
  const [name = '', id = ''] = line.trim().split(/\s+/);
  const slash = SLASHES.find((one) => one.name === name);
  if (!slash) {
    const said = name === '/help' ? '' : `There is no ${name}. `;
    io.stdout.write(`${said}${helpText()}`);
    return 'go-on';
  }
  if (slash.takes === undefined || id !== '') return slash.run(session, id);
  io.stdout.write(`Say which: ${slash.name} <id of the ${slash.takes}>\n`);
  return 'go-on';
}

function helpText(): string {
  const rows = SLASHES.map(({ name, takes, help }) => `  ${`${name}${takes ? ' <id>' : ''}`.padEnd(15)} ${help}\n`);
  return `Commands:\n${rows.join('')}  ${'/help'.padEnd(15)} this list\n`;
}

async function history({ context, client, conversationId }: ChatSession): Promise<AfterSlash> {
  for (let afterSeq = 0; ; ) {
    const page = await client.conversations.read(conversationId, { afterSeq });
    for (const event of page) context.io.stdout.write(chatLines(event, context.globals) ?? '');
    const last = page.at(-1)?.seq;
    if (last === undefined) return 'go-on';
    afterSeq = last;
  }
}

/** Completions of a line: names of commands, then ids; with the part of the line that they replace. */
export async function completions(
  client: Pick<OrchestratorClient, 'list' | 'approvals'>,
  line: string,
): Promise<[string[], string]> {
  const [name = '', ...rest] = line.split(' ');
  if (!line.startsWith('/')) return [[], line];
  if (rest.length === 0) {
    const names = [...SLASHES.map((slash) => slash.name), '/help'];
    return [names.filter((one) => one.startsWith(name)), line];
  }
  const begun = rest.at(-1) ?? '';
  const ids = await idsFor(client, SLASHES.find((slash) => slash.name === name)?.takes);
  return [ids.filter((id) => id.startsWith(begun)), begun];
}

async function idsFor(client: Pick<OrchestratorClient, 'list' | 'approvals'>, what: Slash['takes']): Promise<string[]> {
  if (what === 'goal') return (await client.list({ limit: 50 })).map(({ goalId }) => goalId);
  return what === 'approval' ? (await client.approvals()).map(({ id }) => id) : [];
}
