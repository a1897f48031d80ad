/** `doctor` about what the orchestrator talks to: Temporal, PostgreSQL, Claude, the instance. Host side. */
import type { Config } from '../../core/config.ts';
import { configuredServers } from '../../integrations/instance/configured-servers.ts';
import { instanceDir } from '../../integrations/instance/data-dir.ts';
import { type FoundInstance, findInstance } from '../../integrations/instance/record.ts';
import type { Settings } from '../settings.ts';
import { type Finding, ok, warn } from './check.ts';

/** Whose servers are looked at. */
type Target = Pick<Settings, 'config' | 'simulate'>;

/** The named server answers, or a CLI is at hand, with what is known against its version. */
export async function checkTemporal({ config, simulate }: Target): Promise<Finding> {
  const { temporal } = configuredServers(config, { simulate });
  if (!temporal) return checkCli(config);
  const { connectTemporal } = await import('../../integrations/temporal/connect-temporal.ts');
  const { close } = await connectTemporal({ ...temporal, timeoutMs: 5_000 });
  await close();
  return ok('Temporal', `${temporal.address} answers, namespace ${temporal.namespace}`);
}

async function checkCli(config: Config): Promise<Finding> {
  const { locateTemporalCli } = await import('../../integrations/temporal/locate-temporal-cli.ts');
  const { readTemporalCliVersion, temporalSecurityNote } = await import('../../integrations/temporal/cli-version.ts');
  // Aborted beforehand: look, but neither download nor build.
  const cliPath = await locateTemporalCli({ cliPath: config.temporal.cliPath, signal: AbortSignal.abort() }).catch(
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'temporal.unavailable') return undefined;
      throw error;
    },
  );
  if (cliPath === undefined) {
    return warn(
      'Temporal',
      'no CLI here yet; the first start downloads or builds one',
      'Install it beforehand: https://docs.temporal.io/cli',
    );
  }
  const version = await readTemporalCliVersion(cliPath);
  if (typeof version === 'string')
    return warn('Temporal', `${cliPath}: ${version}`, 'Name another with temporal.cliPath.');
  const note = temporalSecurityNote(version.server);
  const detail = `${cliPath} ${version.cli} (server ${version.server})`;
  return note ? warn('Temporal', `${detail}. ${note}`, 'Update the CLI when you can.') : ok('Temporal', detail);
}

/** The named database answers, or the embedded one is installed. */
export async function checkPostgres({ config, simulate }: Target): Promise<Finding> {
  const { databaseUrl: url } = configuredServers(config, { simulate });
  if (url === undefined) {
    const { findPackage } = await import('../../integrations/postgres/binaries.ts');
    findPackage();
    return ok('PostgreSQL', 'embedded');
  }
  const { openStore } = await import('../../store/open-store.ts');
  const store = await openStore({
    connection: { url },
    poolSize: 2,
    applicationName: 'orchestrator-doctor',
  });
  await store.close();
  return ok('PostgreSQL', 'the configured database answers');
}

/** Whether a key is set, and where it comes from; never the key. */
export async function checkKey({ config, loaded }: Pick<Settings, 'config' | 'loaded'>): Promise<Finding> {
  const from = loaded.sources.get('claude.apiKey')?.detail ?? 'the configuration';
  if (config.claude.apiKey === undefined) {
    return warn('Claude key', 'none is set: only --simulate works', 'Set ANTHROPIC_API_KEY.');
  }
  const base = config.claude.baseUrl === undefined ? '' : `, sent to ${new URL(config.claude.baseUrl).host}`;
  return ok('Claude key', `set by ${from}${base} (not tried: that would cost)`);
}

/** Instances of the data folder, real and simulated. */
export async function checkInstances({ config }: Pick<Settings, 'config'>): Promise<Finding> {
  const texts: string[] = [];
  for (const simulate of [false, true]) {
    const found = await findInstance(instanceDir(config.dataDir, { simulate }));
    const name = simulate ? 'simulated' : 'real';
    if (found.state === 'dead') {
      const flag = simulate ? ' --simulate' : '';
      return warn(
        'Instance',
        `the ${name} one died without cleaning up`,
        `\`orchestrator up${flag}\` goes on where it was; \`orchestrator down${flag}\` ends what it left.`,
      );
    }
    if (found.state === 'running') texts.push(runningText(name, found));
  }
  return ok('Instance', texts.join('; ') || 'none runs');
}

function runningText(name: string, { record }: FoundInstance & { state: 'running' }): string {
  return `${name}: ${record.state}, process ${record.up.pid}`;
}
