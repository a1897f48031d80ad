/** Commands that export and import the store. Host side. */
import { Argument, type Command } from 'commander';
import { completes } from './completes.ts';
import { example, type Start } from './start.ts';

export function addStore(program: Command, start: Start): void {
  const store = program.command('store').description('export and import everything that is stored');
  example(store, ['orchestrator store export backup.jsonl', 'orchestrator store import backup.jsonl']);
  example(
    store
      .command('export')
      .description('write the whole store to a file as JSON lines')
      .addArgument(completes(new Argument('<file>', 'a new file; - is standard output'), 'files'))
      .action((file, _flags, command) =>
        start(command, async (context) => (await import('../commands/store.ts')).exportTo(context, file)),
      ),
    ['orchestrator store export backup.jsonl', 'orchestrator store export - | gzip > backup.jsonl.gz'],
  );
  example(
    store
      .command('import')
      .description('read an export into an empty store')
      .addArgument(completes(new Argument('<file>', 'an exported file; - is standard input'), 'files'))
      .action((file, _flags, command) =>
        start(command, async (context) => (await import('../commands/store.ts')).importFrom(context, file)),
      ),
    ['orchestrator store import backup.jsonl', 'gunzip -c backup.jsonl.gz | orchestrator store import -'],
  );
}
