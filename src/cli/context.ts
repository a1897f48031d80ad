/** What every command gets: the outside and the global options. Types only. */
import type { CliIo } from './io.ts';

/** Options that stand before or after any command. */
export interface GlobalOptions {
  readonly config?: string;
  readonly dataDir?: string;
  /** Use the simulated instance, which has a folder of its own. */
  readonly simulate?: boolean;
  readonly json?: boolean;
  /** False after --no-color. */
  readonly color: boolean;
  readonly debug?: boolean;
}

export interface CommandContext {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
}
