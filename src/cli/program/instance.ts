/** Commands for the instance: up, status, down. Host side. */
import type { Command } from 'commander';
import { example, type Start } from './start.ts';

export function addInstanceCommands(program: Command, start: Start): void {
  example(
    program
      .command('up')
      .description('start Temporal, PostgreSQL and a worker, all in one')
      .option('-d, --detach', 'leave it running in the background')
      .action((flags, command) =>
        start(command, async (context) => (await import('../commands/up.ts')).up(context, flags)),
      ),
    ['orchestrator up', 'orchestrator up --detach --simulate'],
    'Ctrl-C stops it; calls in flight get time to end. A second one ends it at once.',
  );
  example(
    program
      .command('status')
      .description('say whether an instance runs, and where')
      .action((_flags, command) =>
        start(command, async (context) => (await import('../commands/status.ts')).status(context)),
      ),
    ['orchestrator status', 'orchestrator status --json'],
    'Exit code 6 when none is ready.',
  );
  example(
    program
      .command('down')
      .description('stop the instance; open goals go on at the next start')
      .action((_flags, command) =>
        start(command, async (context) => (await import('../commands/down.ts')).down(context)),
      ),
    ['orchestrator down', 'orchestrator down --simulate'],
  );
}
