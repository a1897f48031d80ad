/** Finds a Temporal CLI for the embedded server, or brings one. Host side. */
import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OrchestratorError } from '../../core/failures.ts';
import { tryLock } from '../instance/lock.ts';
import { clearWorkDirs, defaultCliCacheDir, findCachedCli } from './cli-cache.ts';
import { readTemporalCliVersion } from './cli-version.ts';
import { buildCli, downloadCli, type ObtainOptions } from './obtain-cli.ts';

export interface LocateCliOptions {
  /** From the configuration; it must be a Temporal CLI, no other is looked for. */
  readonly cliPath?: string;
  /** Folder of the versions; default: `ai-orchestrator/temporal` in the user's cache folder. */
  readonly cacheDir?: string;
  readonly onProgress?: (line: string) => void;
  /** Default 120,000. */
  readonly downloadTimeoutMs?: number;
  /** Default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Ends a download or build under way; then `temporal.unavailable` is thrown. */
  readonly signal?: AbortSignal;
}

/**
 * Path of a Temporal CLI that runs: the configured one, TEMPORAL_CLI_PATH, `temporal` on PATH, the cache, the official
 * download, a build with Go; the last two go into the cache, one process at a time. Throws `temporal.cli-invalid` for a
 * named binary that is none, `temporal.unavailable` (what was tried, and why it failed) at the end of the chain.
 */
export async function locateTemporalCli(options: LocateCliOptions): Promise<string> {
  const env = options.env ?? process.env;
  const { TEMPORAL_CLI_PATH: fromEnvironment } = env;
  const named = options.cliPath ?? fromEnvironment;
  // The configuration takes it from there as well.
  if (named) return await checkNamed(named, named === fromEnvironment ? 'TEMPORAL_CLI_PATH' : 'temporal.cliPath', env);
  const tried: string[] = [];
  const onPath = await findOnPath(env);
  if (onPath) {
    const version = await readTemporalCliVersion(onPath, env);
    if (typeof version !== 'string') return onPath;
    tried.push(`${onPath}: ${version}`);
  } else tried.push('`temporal` on PATH: not found');
  const cacheDir = options.cacheDir ?? defaultCliCacheDir(env);
  const cached = await findCachedCli(cacheDir, env);
  if (cached) return cached;
  tried.push(`cache ${cacheDir}: empty`);
  const onProgress = options.onProgress ?? (() => undefined);
  const downloadTimeoutMs = options.downloadTimeoutMs ?? 120_000;
  return await obtainLocked({ cacheDir, env, downloadTimeoutMs, onProgress, signal: options.signal }, tried);
}

async function checkNamed(path: string, source: string, env: NodeJS.ProcessEnv): Promise<string> {
  const version = await readTemporalCliVersion(path, env);
  if (typeof version !== 'string') return path;
  throw new OrchestratorError('temporal.cli-invalid', `${source} names ${path}, but ${version}.`, {
    remedy: `Let ${source} name a Temporal CLI, or remove it: then one is looked for.`,
    facts: { path, source, why: version },
  });
}

async function findOnPath(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const name = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
  for (const dir of (env.PATH ?? env.Path ?? '').split(delimiter).filter(Boolean)) {
    const file = join(dir, name);
    const isFile = await stat(file).then(
      (found) => found.isFile(),
      () => false,
    );
    if (!isFile) continue;
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return file;
  }
  return undefined;
}

/** Downloads or builds under the cache's lock; whoever waits for the lock uses what the holder brought. */
async function obtainLocked(options: ObtainOptions, tried: string[]): Promise<string> {
  const { cacheDir, env, onProgress } = options;
  await mkdir(cacheDir, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw unavailable([...tried, `cache ${cacheDir}: cannot be created (${error.code})`]);
  });
  let toldToWait = false;
  for (;;) {
    const attempt = await tryLock(join(cacheDir, 'obtain.lock'));
    const cached = await findCachedCli(cacheDir, env);
    if ('lock' in attempt) {
      try {
        return cached ?? (await obtain(options, tried));
      } finally {
        await clearWorkDirs(cacheDir);
        await attempt.lock.release();
      }
    }
    if (cached) return cached;
    if (!toldToWait) onProgress(`Temporal CLI: process ${attempt.heldBy.pid} is bringing it, waiting`);
    toldToWait = true;
    await delay(500);
    if (options.signal?.aborted) throw unavailable([...tried, 'stopped while waiting']);
  }
}

async function obtain(options: ObtainOptions, tried: string[]): Promise<string> {
  await clearWorkDirs(options.cacheDir);
  const ways = [
    { label: 'official download', run: downloadCli },
    { label: 'build with Go', run: buildCli },
  ];
  for (const { label, run } of ways) {
    if (options.signal?.aborted) throw unavailable([...tried, 'stopped']);
    const result = await run(options);
    if ('path' in result) return result.path;
    options.onProgress(`Temporal CLI: ${label}: ${result.why}`);
    tried.push(`${label}: ${result.why}`);
  }
  throw unavailable(tried);
}

function unavailable(tried: readonly string[]): OrchestratorError {
  const message = `No Temporal server can be brought up. Tried: ${tried.join('; ')}.`;
  return new OrchestratorError('temporal.unavailable', message, {
    remedy:
      'Do one of these: install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH; name it ' +
      'by TEMPORAL_CLI_PATH or `temporal.cliPath`; install Go 1.25 or later, so that it can be built; or set ' +
      'TEMPORAL_ADDRESS to a server that runs.',
    facts: { tried },
  });
}
