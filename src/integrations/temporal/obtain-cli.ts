/** Brings a Temporal CLI into the cache: the SDK's own download, or a build with Go. Host side. */
import { createRequire } from 'node:module';
import { adoptCli, createWorkDir } from './cli-cache.ts';
import { lastLine } from './cli-version.ts';
import { type CommandResult, runCommand } from './run-command.ts';

/** The last CLI that `go install` can build: later ones carry a `replace` in their go.mod. */
export const CLI_BUILD_VERSION = '1.5.1';
const CLI_MODULE = `github.com/temporalio/cli/cmd/temporal@v${CLI_BUILD_VERSION}`;
const BUILD_TIMEOUT_MS = 30 * 60_000;
const PROGRESS_INTERVAL_MS = 10_000;

export interface ObtainOptions {
  readonly cacheDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly downloadTimeoutMs: number;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Path of the binary, or why there is none. */
export type Obtained = { readonly path: string } | { readonly why: string };

// The SDK downloads as a part of starting a test server. In a process of its own it can be ended when it takes too long.
const DOWNLOAD_SCRIPT = `
const { TestWorkflowEnvironment } = require(process.argv[1]);
const executable = { type: 'cached-download', downloadDir: process.argv[2] };
TestWorkflowEnvironment.createLocal({ server: { executable } })
  .then((environment) => environment.teardown())
  .then(() => process.exit(0), (error) => { console.error(String(error?.message ?? error)); process.exit(1); });`;

/** The official download, by the SDK that knows its address. */
export async function downloadCli(options: ObtainOptions): Promise<Obtained> {
  const { cacheDir, env, downloadTimeoutMs, onProgress, signal } = options;
  const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
  const workDir = await createWorkDir(cacheDir);
  const args = ['-e', DOWNLOAD_SCRIPT, testing, workDir];
  const result = await withProgress('Temporal CLI: downloading', onProgress, () =>
    runCommand(process.execPath, args, { env, timeoutMs: downloadTimeoutMs, signal }),
  );
  const path = await adoptCli(cacheDir, workDir, { env });
  return path ? { path } : { why: reason(result, downloadTimeoutMs) };
}

/** `go install` of the official source: 4 to 7 minutes on two cores, once. */
export async function buildCli(options: ObtainOptions): Promise<Obtained> {
  const { cacheDir, env, onProgress, signal } = options;
  const go = await runCommand('go', ['version'], { env, timeoutMs: 15_000 });
  if (go.code !== 0) return { why: 'no Go on PATH' };
  const workDir = await createWorkDir(cacheDir);
  const buildEnv = { ...env, GOBIN: workDir, GOOS: undefined, GOARCH: undefined };
  const label = `Temporal CLI: building v${CLI_BUILD_VERSION} from source (once, several minutes)`;
  const result = await withProgress(label, onProgress, () =>
    runCommand('go', ['install', '-ldflags', '-s -w', CLI_MODULE], {
      env: buildEnv,
      timeoutMs: BUILD_TIMEOUT_MS,
      cwd: workDir,
      signal,
    }),
  );
  const path = await adoptCli(cacheDir, workDir, { env, version: CLI_BUILD_VERSION });
  return path ? { path } : { why: reason(result, BUILD_TIMEOUT_MS) };
}

function reason(result: CommandResult, timeoutMs: number): string {
  if (result.timedOut) return `not done within ${Math.round(timeoutMs / 1000)} s`;
  if (/dns error|failed to lookup|ENOTFOUND|EAI_AGAIN|no such host/i.test(result.output)) return 'no network';
  return lastLine(result.output) || `exit code ${result.code}`;
}

async function withProgress<T>(label: string, say: (line: string) => void, work: () => Promise<T>): Promise<T> {
  const start = Date.now();
  say(`${label} …`);
  const timer = setInterval(() => say(`${label} … ${Math.round((Date.now() - start) / 1000)} s`), PROGRESS_INTERVAL_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
