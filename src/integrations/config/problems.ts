/** What is wrong with a configuration, and the one error that lists all of it. Host side. */
import { OrchestratorError } from '../../core/failures.ts';
import { escapeControl } from '../../monitoring/escape.ts';
import { redactText } from '../../monitoring/redact.ts';

/** One thing wrong. `key` is dotted (empty for a whole file); `value` is already safe to show. */
export interface ConfigProblem {
  readonly key: string;
  readonly value?: string;
  /** Where it stands, e.g. `config.yaml:12` or `environment TEMPORAL_ADDRESS`. */
  readonly source: string;
  readonly message: string;
  readonly remedy: string;
}

const LONGEST_VALUE = 80;
/** A secret shorter than this shows none of its characters. */
const LONG_SECRET = 16;

/** A value as an error may show it: on one line, bounded, and masked when it is a secret. */
export function showValue(value: unknown, secret: boolean): string {
  if (secret) return maskSecret(value);
  const text = escapeControl(
    redactText(typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? 'nothing')),
  );
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

/** `****` and, for a long one, its last four characters; of a URL everything but the password and parameters. */
export function maskSecret(value: unknown): string {
  if (typeof value !== 'string') return '****';
  const url = value.includes('://') && URL.canParse(value) ? new URL(value) : undefined;
  if (url) {
    const user = url.username || url.password ? `${url.username}${url.password ? ':****' : ''}@` : '';
    return escapeControl(`${url.protocol}//${user}${url.host}${url.pathname}${url.search ? '?****' : ''}`);
  }
  return value.length >= LONG_SECRET ? `****${escapeControl(value.slice(-4))}` : '****';
}

/** One line for one problem: key, value, source, what is wrong, what to do. */
function problemLine(problem: ConfigProblem): string {
  const value = problem.value === undefined ? '' : ` = ${problem.value}`;
  const subject = problem.key === '' ? problem.source : `${escapeControl(problem.key)}${value} (${problem.source})`;
  return `${subject}: ${problem.message}. ${problem.remedy}`;
}

/** The error for at least one problem: code `config.invalid`, all of them in its message and in `facts.problems`. */
export function configInvalid(problems: readonly ConfigProblem[], what = 'The configuration'): OrchestratorError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const list = problems.map((problem) => `  - ${problemLine(problem)}`).join('\n');
  return new OrchestratorError('config.invalid', `${what} is not valid, ${count}:\n${list}`, {
    remedy: 'Correct what is listed, then check it with `orchestrator config validate`.',
    facts: { problems },
  });
}
