/** The one logger of host, worker and workflow lines: winston behind a small interface that never throws. Host side. */
import winston from 'winston';
import { jsonLine, type LogEntry, type LogFields, type LogLevel, prettyLine } from './log-line.ts';

export type { LogFields, LogLevel } from './log-line.ts';

/** Writes structured lines. No method throws, whatever it is given. */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` (goalId, taskId, turn, …) to every line. */
  child(fields: LogFields): Logger;
}

/** `format: 'auto'` is pretty on a terminal, else JSON. `stream` is stderr by default: stdout belongs to results. */
export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: 'auto' | 'pretty' | 'json';
  readonly stream?: NodeJS.WritableStream & { isTTY?: boolean };
}

const LEVELS: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };
const ENTRY = Symbol('entry');
const MESSAGE = Symbol.for('message');
const UNWRITABLE = '{"level":"error","message":"a log line could not be written"}';

/** A logger of its own; nothing is global but the registered secrets. Fields named `error` may hold an Error. */
export function createLogger(options: LoggerOptions): Logger {
  const stream = options.stream ?? process.stderr;
  const terminal = stream.isTTY === true;
  const pretty = options.format === 'pretty' || (options.format === 'auto' && terminal);
  const colour = pretty && terminal && !process.env.NO_COLOR;
  const render = (entry: LogEntry) => (pretty ? prettyLine(entry, colour) : jsonLine(entry));
  const transport = new winston.transports.Stream({ stream });
  // A reader that has gone away (EPIPE) must not end the process.
  stream.on('error', () => undefined);
  transport.on('error', () => undefined);
  const sink = winston.createLogger({
    levels: { ...LEVELS },
    level: options.level,
    format: {
      transform: (info) => ({ ...info, [MESSAGE]: safely(() => render(info[ENTRY] as LogEntry), UNWRITABLE) }),
    },
    transports: [transport],
  });
  const write = (level: LogLevel, message: string, fields: LogFields) => {
    try {
      if (LEVELS[level] > LEVELS[options.level]) return;
      sink.write({ level, message: '', [Symbol.for('level')]: level, [ENTRY]: entryOf(level, message, fields) });
    } catch {
      // Nowhere is left to report it.
    }
  };
  return loggerWith(write, {});
}

type Write = (level: LogLevel, message: string, fields: LogFields) => void;

function loggerWith(write: Write, base: LogFields): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      write(level, message, merged(base, fields));
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    child: (fields) => loggerWith(write, merged(base, fields)),
  };
}

/** Own enumerable fields of both; a getter that throws costs only its own field. */
function merged(base: LogFields, fields: LogFields): LogFields {
  if (fields instanceof Error) return { ...base, error: fields };
  const result: Record<string, unknown> = { ...base };
  try {
    for (const key of Object.keys(fields ?? {})) result[key] = safely(() => fields[key], '[unreadable]');
  } catch {
    result.fields = '[unreadable]';
  }
  return result;
}

function entryOf(level: LogLevel, message: unknown, fields: LogFields): LogEntry {
  const text = typeof message === 'string' ? message : safely(() => String(message), '[unreadable]');
  return { level, message: text, fields, at: new Date() };
}

function safely<T>(make: () => T, otherwise: T): T {
  try {
    return make();
  } catch {
    return otherwise;
  }
}

/** A logger that writes nothing; for tests and libraries. */
export const silentLogger: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  child: () => silentLogger,
};
