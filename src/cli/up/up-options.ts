/** What `up` is asked to bring up. Types only. */
import type { Config } from '../../core/config.ts';
import type { Logger } from '../../monitoring/logger.ts';

/** What is to come up. `signal` calls the start off. */
export interface UpOptions {
  readonly config: Config;
  readonly dir: string;
  readonly simulate: boolean;
  readonly logger: Logger;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}
