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
  /** Calls back at SIGINT (`interrupt`) and SIGTERM, SIGHUP (`terminate`); gives the way to stop that. */
  onSignal(listener: (kind: 'interrupt' | 'terminate') => void): () => void;
  /** Command line that runs this program again: node, its flags, the entry file. */
  readonly self: readonly string[];
}

/** The real outside. */
export function processIo(): CliIo {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    stdinIsTTY: process.stdin.isTTY === true,
    readStdin: readAll,
    onSignal,
    self: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
  };
}

/** A reader that has seen enough (`| head`) is no error. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
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
  process.on('SIGTERM', terminate);
  process.on('SIGHUP', terminate);
  return () => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', terminate);
    process.off('SIGHUP', terminate);
  };
}
