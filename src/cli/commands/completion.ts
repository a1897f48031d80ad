/** `orchestrator completion <shell>`: a script that makes the shell complete commands and flags. Host side. */
import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';

/** Prints the script of a shell on stdout. It calls `<program> complete -- <words>`. */
export async function printScript(program: string, shell: string): Promise<number> {
  const { default: root } = await import('@bomb.sh/tab');
  root.setup(program, program, shell);
  return EXIT.ok;
}

/** Prints suggestions for the words typed so far, one a line, as the script reads them. */
export async function printSuggestions(program: Command, words: readonly string[]): Promise<number> {
  const { default: tab } = await import('@bomb.sh/tab/commander');
  // The adapter adds commands of its own; this program is for them alone and is not run.
  const root = tab(program, { completionCommandName: OWN_COMMAND });
  root.commands.delete(OWN_COMMAND);
  root.parse([...words]);
  return EXIT.ok;
}

const OWN_COMMAND = '__completion';
