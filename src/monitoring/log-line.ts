/** Turns one log entry into one line (JSON) or a few (terminal). Host side, pure. */
import { escapeControl, escapeJson } from './escape.ts';
import { plain, plainText } from './plain.ts';
import { redactFields } from './redact.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export type LogFields = Readonly<Record<string, unknown>>;

/** One entry before formatting. `at` is when it was logged. */
export interface LogEntry {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
  readonly at: Date;
}

const RESERVED = new Set(['time', 'level', 'message']);
/** Shown first, in this order, whoever gave them. */
const FIRST = ['goalId', 'taskId', 'turn'];

/** Fields as plain data without secrets; none of them can take the place of time, level or message. */
function cleanFields(fields: LogFields): [string, unknown][] {
  const copy = redactFields(plain(fields) as Record<string, unknown>);
  const entries = Object.entries(copy)
    .filter(([, value]) => value !== undefined && typeof value !== 'function')
    .map(([key, value]): [string, unknown] => [RESERVED.has(key) ? `${key}_` : key, value]);
  const rank = ([key]: [string, unknown]) => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  return entries.sort((a, b) => rank(a) - rank(b));
}

/** One line of JSON: time (ISO 8601, UTC), level, message, then the fields. */
export function jsonLine(entry: LogEntry): string {
  const line = {
    time: entry.at.toISOString(),
    level: entry.level,
    message: plainText(entry.message),
    ...Object.fromEntries(cleanFields(entry.fields)),
  };
  return escapeJson(JSON.stringify(line));
}

const COLOURS: Readonly<Record<LogLevel, number>> = { error: 31, warn: 33, info: 32, debug: 36 };

/** For a person: local time, level, message, key=value; stacks below it, indented. */
export function prettyLine(entry: LogEntry, colour: boolean): string {
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const fields = cleanFields(entry.fields);
  const stacks: string[] = [];
  const shown = fields.map(([key, value]) => `${paint(2, `${escapeControl(key)}=`)}${prettyValue(value, stacks)}`);
  const head = [
    paint(2, clock(entry.at)),
    paint(COLOURS[entry.level], entry.level.toUpperCase().padEnd(5)),
    escapeControl(plainText(entry.message)),
    ...shown,
  ].join(' ');
  return [head, ...stacks.map((line) => paint(2, `    ${line}`))].join('\n');
}

function clock(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const ms = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
}

function prettyValue(value: unknown, stacks: string[]): string {
  if (isErrorCopy(value)) {
    for (let at: unknown = value; isErrorCopy(at); at = at.cause) {
      const lines = at.stack.split('\n').map(escapeControl);
      stacks.push(...(at === value ? lines : [`caused by ${lines[0] ?? ''}`, ...lines.slice(1)]));
    }
    return escapeControl(JSON.stringify(value.message));
  }
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? escapeControl(value) : quoted(value);
  return quoted(value);
}

/** JSON already has its quotes and line breaks escaped; what remains is what JSON lets through. */
function quoted(value: unknown): string {
  return escapeControl(JSON.stringify(value));
}

function isErrorCopy(value: unknown): value is { message: string; stack: string; cause?: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'stack' in value &&
    typeof value.stack === 'string' &&
    'message' in value
  );
}
