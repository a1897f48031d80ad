/** What `config show` prints, and which values of a configuration are secrets. Host side. */
import type { Config } from '../../core/config.ts';
import { environmentNames } from './assignments.ts';
import type { ConfigSource, LoadedConfig } from './load-config.ts';
import { maskSecret } from './problems.ts';
import { SETTINGS, valueAt } from './settings.ts';

/** One setting as shown: `value` is JSON, masked when it is a secret, undefined when the setting has none. */
export interface ConfigRow {
  readonly key: string;
  readonly value: string | undefined;
  readonly source: ConfigSource['source'];
  readonly detail: string;
  readonly description: string;
  /** Variables that set it; empty for lists. */
  readonly environment: readonly string[];
}

/** A row for each setting, in the schema's order. */
export function describeConfig(loaded: LoadedConfig): readonly ConfigRow[] {
  return SETTINGS.map((setting) => {
    const { source, detail } = loaded.sources.get(setting.key) ?? { source: 'default', detail: 'default' };
    const value = valueAt(loaded.config, setting.path);
    return {
      key: setting.key,
      value: value === undefined ? undefined : setting.secret ? maskSecret(value) : JSON.stringify(value),
      source,
      detail,
      description: setting.description,
      environment: environmentNames(setting),
    };
  });
}

/** Every secret value of a configuration, also a URL's password by itself: for `redactSecrets`. */
export function configSecrets(config: Config): readonly string[] {
  const values = SETTINGS.filter(({ secret }) => secret).map(({ path }) => valueAt(config, path));
  return values.filter((value) => typeof value === 'string').flatMap((value) => [value, ...passwordsOf(value)]);
}

function passwordsOf(value: string): string[] {
  const password = value.includes('://') && URL.canParse(value) ? new URL(value).password : '';
  if (password === '') return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
