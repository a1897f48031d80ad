/** Runs the real `orchestrator` command as a process of its own. Integration tests only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/orchestrator.mjs', import.meta.url));

export interface CliRun {
  readonly child: ChildProcess;
  /** What was written to stderr so far. */
  err(): string;
  /** Resolves when stderr matches; rejects when the process ends before. */
  until(pattern: RegExp): Promise<void>;
  readonly end: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
}

/** What a person in another folder, without a terminal, gets for a command that was printed. */
export async function asTyped(command: string): Promise<{ readonly code: number; readonly out: string }> {
  const script = `orchestrator() { "${process.execPath}" "${BIN}" "$@"; }; ${command}`;
  const shell = spawn('/bin/sh', ['-c', script], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  });
  let out = '';
  shell.stdout.on('data', (chunk) => {
    out += chunk;
  });
  shell.stdin.end();
  return new Promise((resolve) => shell.once('close', (code) => resolve({ code: code ?? -1, out })));
}

/** Starts it without a terminal, without a key, in the simulated instance of `dataDir`, with `stdin` as its input. Ports: any. */
export function startCli(
  dataDir: string,
  args: readonly string[],
  { env = {}, stdin }: { readonly env?: Record<string, string>; readonly stdin?: string } = {},
): CliRun {
  const { ANTHROPIC_API_KEY: _key, ...inherited } = process.env;
  const own = { ORCHESTRATOR_TEMPORAL__PORT: '0', ORCHESTRATOR_TEMPORAL__UI_PORT: '0', NODE_OPTIONS: '' };
  const child = spawn(process.execPath, [BIN, ...args, '--simulate', '--data-dir', dataDir], {
    env: { ...inherited, ...own, ...env },
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(stdin);
  const text = { out: '', err: '' };
  const watchers = new Set<() => void>();
  child.stdout?.on('data', (chunk) => {
    text.out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    text.err += chunk;
    for (const watcher of watchers) watcher();
  });
  const end = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, ...text }));
  });
  const until = async (pattern: RegExp): Promise<void> => {
    const seen = new Promise<void>((resolve) => {
      const look = () => (pattern.test(text.err) ? resolve() : undefined);
      watchers.add(look);
      look();
    });
    await Promise.race([seen, end.then(({ err }) => Promise.reject(new Error(`it ended before ${pattern}: ${err}`)))]);
  };
  return { child, err: () => text.err, until, end };
}

/** Runs it to its end. */
export function runCli(dataDir: string, ...args: string[]): CliRun['end'] {
  return startCli(dataDir, args).end;
}
