/** Why an embedded Temporal server did not start, read from what it wrote, with what to do about it. Pure. */
import { OrchestratorError } from '../../core/failures.ts';

/** What the error is about. */
export interface DevServerFailureFacts {
  readonly dir: string;
  readonly database: string;
  readonly log: string;
  readonly port?: number;
  readonly uiPort?: number;
}

interface Cause {
  readonly pattern: RegExp;
  readonly code: string;
  readonly what: (facts: DevServerFailureFacts) => string;
  readonly remedy: (facts: DevServerFailureFacts) => string;
}

/** First match counts. SQLite's own words come with its result code in parentheses. */
const CAUSES: readonly Cause[] = [
  {
    pattern: /address already in use|permission denied.*bind|bind: permission/i,
    code: 'temporal.port-taken',
    what: ({ port, uiPort }) => `port ${port} or ${uiPort} of 127.0.0.1 is taken or not allowed`,
    remedy: () => 'End the program that has it, or set `temporal.port` and `temporal.uiPort` to others (0: any).',
  },
  {
    pattern: /database or disk is full|no space left on device|ENOSPC|EDQUOT|disk quota exceeded/i,
    code: 'temporal.disk-full',
    what: ({ dir }) => `the disk that holds ${dir} is full or nearly so (16 MB are needed)`,
    remedy: () => 'Free some space, then start again; nothing is lost.',
  },
  {
    pattern: /file is not a database|disk image is malformed|disk I\/O error|no such table/i,
    code: 'temporal.database-damaged',
    what: ({ database }) => `its database ${database} is damaged or cannot be read`,
    remedy: ({ dir }) =>
      `Put ${dir} back from a backup; or, to start without the goals it held, move that folder away. ` +
      'Results in the store are not touched by this.',
  },
  {
    pattern: /database is locked|SQLITE_BUSY|database table is locked/i,
    code: 'temporal.database-locked',
    what: ({ database }) => `another process has locked its database ${database}`,
    remedy: () => 'End the program that has the file open (a database browser, a backup, another server).',
  },
  {
    pattern:
      /readonly database|unable to open database file|permission denied|read-only file system|EACCES|EPERM|EROFS/i,
    code: 'temporal.database-unwritable',
    what: ({ database }) => `its database ${database} cannot be opened for writing`,
    remedy: ({ dir }) => `Correct owner and permissions of ${dir}, or set \`dataDir\` to another folder.`,
  },
  {
    pattern: /ENOTDIR|EEXIST/,
    code: 'temporal.database-unwritable',
    what: ({ dir }) => `a file stands in place of its folder ${dir}`,
    remedy: () => 'Move that file away, or set `dataDir` to another folder.',
  },
];

/** The error for a server that ended, or could not be let start, with this output. */
export function devServerFailure(output: string, facts: DevServerFailureFacts): OrchestratorError {
  const cause = CAUSES.find(({ pattern }) => pattern.test(output));
  if (cause) {
    return new OrchestratorError(cause.code, `Temporal did not start: ${cause.what(facts)}.`, {
      remedy: cause.remedy(facts),
      facts: { ...facts, output: output.slice(-2000) },
    });
  }
  const said = output.split('\n').slice(-3).join('\n').slice(-600) || 'it wrote nothing';
  return new OrchestratorError('temporal.start-failed', `Temporal did not start: ${said}`, {
    remedy: `Read ${facts.log}; check \`temporal.cliPath\` with \`orchestrator doctor\`.`,
    facts: { ...facts, output: output.slice(-2000) },
  });
}
