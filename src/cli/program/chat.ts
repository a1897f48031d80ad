/** Commands for conversations with the manager. Host side. */
import { type Command, Option } from 'commander';
import { completes } from './completes.ts';
import { example, type Start } from './start.ts';
import { rowLimit } from './values.ts';

export function addChat(program: Command, start: Start): void {
  const chat = program
    .command('chat')
    .description('talk with the manager: it starts goals, says how they go and reads what they delivered')
    .addOption(
      completes(
        new Option('-c, --continue [id]', 'go on with this conversation; without an id with the last one'),
        'conversations',
      ),
    )
    .option('-y, --yes', 'let it start goals without asking each time')
    .action((flags, command) =>
      start(command, async (context) => (await import('../commands/chat.ts')).chat(context, flags)),
    );
  example(
    chat,
    [
      'orchestrator chat',
      'orchestrator chat --continue',
      'orchestrator chat --continue 1m82kj1s8m79af3a8g06',
      'echo "start a goal: compare two ways to store time series" | orchestrator chat --yes --json',
    ],
    'On a terminal: /help lists what else there is. Without one, each line of standard input is a message.',
  );
  example(
    chat
      .command('list')
      .description('conversations, those spoken in last first')
      .option('--limit <n>', 'at most so many (default 50)', rowLimit)
      .action((flags, command) =>
        start(command, async (context) => (await import('../commands/chat.ts')).listChats(context, flags)),
      ),
    ['orchestrator chat list', 'orchestrator chat list --limit 5 --json'],
  );
}
