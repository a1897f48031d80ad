/** The `orchestrator` command: arguments in, exit code out. Host side. */
import { type Command, CommanderError } from 'commander';
import { packageVersion } from '../integrations/config/package-version.ts';
import type { GlobalOptions } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { type CliIo, processIo } from './io.ts';
import { buildProgram } from './program.ts';
import { UsageError } from './usage-error.ts';
import type { Selectors } from './view/typed.ts';

/** Runs a command line (without node and script) and gives the exit code. Never throws; only `complete` ends the process. */
export async function main(argv: readonly string[], io: CliIo = processIo()): Promise<number> {
  let code: number = EXIT.ok;
  const done = (next: number): void => {
    code = next;
  };
  let program: Command | undefined;
  try {
    program = buildProgram({ io, version: await packageVersion(), done });
    if (argv[0] === 'complete') {
      const { printSuggestions } = await import('./commands/completion.ts');
      return await printSuggestions(program, argv.slice(argv[1] === '--' ? 2 : 1), io);
    }
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    return afterError(error, argv, { io, selectors: program?.opts<GlobalOptions>() ?? {} });
  }
}

async function afterError(
  error: unknown,
  argv: readonly string[],
  { io, selectors }: { readonly io: CliIo; readonly selectors: Selectors },
): Promise<number> {
  const { reportError } = await import('./report-error.ts');
  const options = { debug: argv.includes('--debug'), json: argv.includes('--json'), selectors };
  try {
    if (error instanceof UsageError && !options.json) {
      const { askForMissing } = await import('./run/ask-missing.ts');
      const answer = await askForMissing(error, io, argv);
      if (answer !== undefined) return await main([...argv, answer], io);
      if (error.code === 'usage.missing-command') error.command.outputHelp({ error: true });
    }
  } catch (another) {
    return reportError(another, io, options);
  }
  return reportError(error, io, options);
}
