/** A conversation on a terminal: a prompt with history and completion, replies as they are written. Host side. */
import { createInterface, type Interface } from 'node:readline';
import type { GoalEvent } from '../../core/events.ts';
import { author } from '../author.ts';
import { EXIT } from '../exit-codes.ts';
import { paintFor } from '../io.ts';
import { reportError } from '../report-error.ts';
import { followChat, lastSeq } from './follow.ts';
import { chatLines, LiveReply } from './render.ts';
import { type ChatSession, goOnHint } from './session.ts';
import { completions, runSlash } from './slash.ts';

/** Talks until /exit, Ctrl-D or Ctrl-C. */
export async function talk(first: ChatSession): Promise<number> {
  const { io, globals } = first.context;
  const paint = paintFor(io.stdout, io, !globals.color);
  const screen = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: paint('bold', 'you> '),
    historySize: 500,
    completer: (line: string, done: (error: null, found: [string[], string]) => void) => {
      completions(first.client, line).then(
        (found) => done(null, found),
        () => done(null, [[], line]),
      );
    },
  });
  screen.on('SIGINT', () => screen.close());
  const lines = screen[Symbol.asyncIterator]();
  io.stdout.write(`${greeting(first)}\n`);
  let session = first;
  try {
    for (let next = await talkIn(session, screen, lines); next; next = await talkIn(session, screen, lines))
      session = next;
  } finally {
    screen.close();
  }
  io.stdout.write(`\n${goOnHint(session)}\n`);
  return EXIT.ok;
}

function greeting({ conversationId, client }: ChatSession): string {
  const simulated = client.simulated ? ' Answers are simulated.' : '';
  return `Conversation ${conversationId}. /help lists the commands, /exit leaves.${simulated}`;
}

/** One conversation; gives the next one, or nothing when the person leaves. */
async function talkIn(
  session: ChatSession,
  screen: Interface,
  lines: AsyncIterator<string>,
): Promise<ChatSession | undefined> {
  const show = showOn(session, screen);
  const follower = followChat(session, { afterSeq: await lastSeq(session), show: show.event });
  try {
    for (;;) {
      show.prompt();
      const { value: line, done } = await lines.next();
      if (done) return undefined;
      if (line.trim() === '') continue;
      const after = await act(session, line, async (number) => {
        show.busy();
        await follower.answered(number);
      });
      if (after === 'leave') return undefined;
      if (after === 'new') return { ...session, ...(await session.client.conversations.begin()) };
    }
  } finally {
    await follower.stop();
  }
}

/** A message or a command; what goes wrong is said, and the conversation goes on. */
async function act(session: ChatSession, line: string, wait: (number: number) => Promise<void>) {
  const { client, conversationId, startsGoals, context } = session;
  try {
    if (line.startsWith('/')) return await runSlash(session, line);
    const { number } = await client.conversations.say(conversationId, { text: line, author: author(), startsGoals });
    await wait(number);
  } catch (error) {
    reportError(error, context.io, { debug: context.globals.debug ?? false, selectors: context.globals });
  }
  return 'go-on';
}

/** What is shown of events: live text while a reply is waited for, notes above the prompt. */
function showOn(session: ChatSession, screen: Interface) {
  const { io } = session.context;
  const live = new LiveReply((text) => io.stdout.write(text));
  let prompting = false;
  const note = (text: string) => {
    if (prompting) io.stdout.write('\r\u001b[K');
    io.stdout.write(text);
    if (prompting) screen.prompt(true);
  };
  return {
    prompt() {
      prompting = true;
      screen.prompt();
    },
    busy() {
      prompting = false;
    },
    async event(event: GoalEvent): Promise<void> {
      const { text } = event.data;
      if (event.type === 'text-delta' && typeof text === 'string') {
        if (!prompting) live.delta(text);
      } else if (event.type === 'chat-reply' && typeof text === 'string' && !prompting) live.part(text);
      else if (event.type === 'approval-request' && !prompting) void askHere(session, screen, event);
      else if (event.type !== 'chat-message') note(chatLines(event, session.context.globals) ?? '');
    },
  };
}

/** Asks at once; not answered here, it waits under /approvals. */
async function askHere(
  { client, context, conversationId }: ChatSession,
  screen: Interface,
  { data }: GoalEvent,
): Promise<void> {
  const answer = await new Promise<string>((resolve) => {
    screen.question(
      `${chatLines({ data, type: 'approval-request' } as GoalEvent)?.trimEnd()}  Allow it? [y/N] `,
      resolve,
    );
  });
  const verdict = /^y(es)?$/i.test(answer.trim()) ? 'approve' : 'deny';
  const id = `conversation-${conversationId}#${String(data.itemId)}`;
  try {
    await client.decide(id, { verdict, hash: String(data.hash), author: author() });
  } catch (error) {
    reportError(error, context.io, { selectors: context.globals });
  }
}
