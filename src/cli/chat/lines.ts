/** A conversation without a terminal: each line of standard input is a message or a slash command. Host side. */
import type { GoalEvent } from '../../core/events.ts';
import { author } from '../author.ts';
import { EXIT } from '../exit-codes.ts';
import { safeJson } from '../view/safe-text.ts';
import { followChat, lastSeq } from './follow.ts';
import { chatLines } from './render.ts';
import { type ChatSession, goOnHint } from './session.ts';
import { runSlash } from './slash.ts';

/** Answers go to stdout, one after the other; with --json every stored event as a line. Exit code 3 when one got no answer. */
export async function readLines(session: ChatSession): Promise<number> {
  const { io } = session.context;
  const lines = (await io.readStdin()).split(/\r?\n/).filter((line) => line.trim() !== '');
  let code: number = EXIT.ok;
  const show = (event: GoalEvent) => {
    if (event.type === 'chat-failed') code = EXIT.failed;
    print(session, event);
  };
  const follower = followChat(session, { afterSeq: await lastSeq(session), show });
  try {
    for (const line of lines) {
      if (line.startsWith('/')) {
        const after = await runSlash(session, line);
        if (after === 'leave') break;
        if (after === 'new') io.stderr.write('/new needs a terminal; begin another conversation instead.\n');
        continue;
      }
      const { startsGoals, client, conversationId } = session;
      const { number } = await client.conversations.say(conversationId, { text: line, author: author(), startsGoals });
      await follower.answered(number);
    }
  } finally {
    await follower.stop();
  }
  if (!session.context.globals.json) io.stderr.write(`${goOnHint(session)}\n`);
  return code;
}

function print({ context }: ChatSession, event: GoalEvent): void {
  const { io, globals } = context;
  if (event.type === 'text-delta') return;
  if (globals.json) io.stdout.write(`${safeJson(event)}\n`);
  else if (event.type !== 'chat-message') io.stdout.write(chatLines(event, globals) ?? '');
}
