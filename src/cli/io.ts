/** The outside of the CLI: streams, environment, signals, so that tests can give their own. Host side. */
import { createPaint, type Paint, wantsColour } from './view/paint.ts';

/** A stream the CLI writes to. */
export interface CliStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Everything a command touches beyond the client. */
export interface CliIo {
  readonly stdout: CliStream;
  readonly stderr: CliStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdinIsTTY: boolean;
  /** All of standard input as text. */
  readStdin(): Promise<string>;
  /** Calls back at SIGINT (`interrupt`) and SIGTERM, SIGHUP, SIGQUIT (`terminate`); gives the way to stop that. */
  onSignal(listener: (kind: 'interrupt' | 'terminate') => void): () => void;
  /** Ends the process without waiting for anything. */
  exitNow(code: number): void;
  /** Command line that runs this program again: node, its flags, the entry file. */
  readonly self: readonly string[];
}

/** The real outside. */
export function processIo(): CliIo {
  process.stdout.on('error', onClosedPipe).on('error', stopFollowing);
  process.stderr.on('error', onClosedPipe);
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    stdinIsTTY: process.stdin.isTTY === true,
    readStdin: readAll,
    onSignal,
    exitNow: (code) => process.exit(code),
    self: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
  };
}

const TERMINATING = ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

const listeners = new Set<(kind: 'interrupt' | 'terminate') => void>();

/** A reader that has seen enough (`| head`) is no error. */
function onClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
}

/** Nobody reads the events any more: as at a closed terminal. */
function stopFollowing(): void {
  for (const listener of listeners) listener('terminate');
}

/** Painter for one of the streams. */
export function paintFor(stream: CliStream, io: CliIo, noColour: boolean | undefined): Paint {
  return createPaint(wantsColour({ isTty: stream.isTTY === true, env: io.env, noColour }));
}

/** Whether the live view may be drawn: both streams are terminals that can move the cursor. */
export function canDraw(io: CliIo): boolean {
  return io.stdout.isTTY === true && io.stderr.isTTY === true && io.env.TERM !== 'dumb' && !io.env.CI;
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function onSignal(listener: (kind: 'interrupt' | 'terminate') => void): () => void {
  const interrupt = (): void => listener('interrupt');
  const terminate = (): void => listener('terminate');
  process.on('SIGINT', interrupt);
  for (const signal of TERMINATING) process.on(signal, terminate);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    process.off('SIGINT', interrupt);
    for (const signal of TERMINATING) process.off(signal, terminate);
  };
}
