/** The `orchestrator` command: arguments in, exit code out. Host side. */
import { readFile } from 'node:fs/promises';
import { CommanderError } from 'commander';
import { EXIT } from './exit-codes.ts';
import { type CliIo, processIo } from './io.ts';
import { buildProgram } from './program.ts';

/** Runs a command line (without node and script) and gives the exit code. Never throws and never ends the process. */
export async function main(argv: readonly string[], io: CliIo = processIo()): Promise<number> {
  let code: number = EXIT.ok;
  const done = (next: number): void => {
    code = next;
  };
  try {
    const program = buildProgram({ io, version: await readVersion(), done });
    if (argv[0] === 'complete') {
      const { printSuggestions } = await import('./commands/completion.ts');
      return await printSuggestions(program, argv.slice(argv[1] === '--' ? 2 : 1));
    }
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { reportError } = await import('./report-error.ts');
    return reportError(error, io, { debug: argv.includes('--debug'), json: argv.includes('--json') });
  }
}

async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
