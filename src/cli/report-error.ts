/** Errors as people read them: what happened, and what to do now; a stack only with --debug. Host side. */

import { CODE, ERROR, REMEDY } from './error-lines.ts';
import { exitCodeOfError } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { safeJson, safeText } from './view/safe-text.ts';
import { type Selectors, withTyped } from './view/typed.ts';

/** The members of an OrchestratorError or a UsageError, read by shape so that start-up loads nothing for it. */
interface KnownError {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** How errors are told; `selectors`: what the commands of remedies carry. */
export interface ReportOptions {
  readonly debug?: boolean;
  readonly json?: boolean;
  readonly selectors?: Selectors;
}

/** Prints the error to stderr (with `json`: one JSON object on stdout) and gives its exit code. */
export function reportError(error: unknown, io: CliIo, options: ReportOptions): number {
  const known = asKnown(error);
  const message = known?.message ?? (error instanceof Error ? error.message : String(error));
  const advice = known?.remedy ?? systemRemedy(error) ?? 'Run it again with --debug and report what it prints.';
  const remedy = withTyped(advice, options.selectors ?? {});
  if (options.json) {
    const { code, facts } = known ?? { code: 'internal.bug', facts: {} };
    io.stdout.write(`${safeJson({ error: { code, message, remedy, facts } })}\n`);
  } else {
    io.stderr.write(`${ERROR}${safeText(message)}\n${REMEDY}${safeText(remedy)}\n`);
    if (known) io.stderr.write(`${CODE}${known.code}\n`);
  }
  if (options.debug && error instanceof Error) io.stderr.write(`${safeText(stackOf(error))}\n`);
  return exitCodeOfError(known?.code);
}

/** What to do about errors of the operating system. */
const SYSTEM_REMEDIES: ReadonlyMap<unknown, string> = new Map([
  ['EMFILE', 'Too many files are open: raise the limit with `ulimit -n 1024` and run it again.'],
  ['ENFILE', 'The machine has too many files open: end what is not needed and run it again.'],
  ['ENOSPC', 'The disk is full: free some space and run it again.'],
  ['EROFS', 'The file system is read-only: choose another folder with --data-dir.'],
  ['EACCES', 'Access is denied: check who owns the folder, or choose another with --data-dir.'],
]);

function systemRemedy(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 20; at = at.cause, depth++) {
    const remedy = 'code' in at ? SYSTEM_REMEDIES.get(at.code) : undefined;
    if (remedy) return remedy;
  }
  return undefined;
}

const KNOWN: ReadonlySet<string> = new Set(['OrchestratorError', 'UsageError']);

function asKnown(error: unknown): KnownError | undefined {
  if (!(error instanceof Error) || !KNOWN.has(error.name)) return undefined;
  const { code, remedy, facts } = error as Error & Partial<KnownError>;
  return typeof code === 'string' && typeof remedy === 'string'
    ? { code, remedy, message: error.message, facts: facts ?? {} }
    : undefined;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
