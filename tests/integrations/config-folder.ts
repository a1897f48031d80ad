/** A throw-away folder for configuration files in tests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OrchestratorError } from '../../src/core/failures.ts';
import { type LoadedConfig, loadConfig } from '../../src/integrations/config/load-config.ts';
import type { ConfigProblem } from '../../src/integrations/config/problems.ts';

export interface ConfigFolder {
  readonly path: string;
  write(name: string, content: string | Uint8Array): string;
  /** Loads with an empty environment unless one is given. */
  load(env?: NodeJS.ProcessEnv, flags?: Record<string, unknown>): LoadedConfig;
  remove(): void;
}

export function configFolder(): ConfigFolder {
  const path = mkdtempSync(join(tmpdir(), 'orchestrator-config-'));
  return {
    path,
    write: (name, content) => {
      writeFileSync(join(path, name), content, { mode: 0o600 });
      return join(path, name);
    },
    load: (env = {}, flags = {}) => loadConfig({ cwd: path, env, flags }),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** The problems of the `config.invalid` error that `act` must throw. */
export function problemsOf(act: () => unknown): readonly ConfigProblem[] {
  try {
    act();
  } catch (error) {
    if (!(error instanceof OrchestratorError)) throw error;
    expect(error.code).toBe('config.invalid');
    expect(error.remedy).not.toBe('');
    return error.facts.problems as readonly ConfigProblem[];
  }
  throw new Error('nothing was refused');
}
