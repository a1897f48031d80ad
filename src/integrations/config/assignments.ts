/** Single settings from the environment and from flags: their names, and their values read without coercion. Host side. */
import type { ConfigProblem } from './problems.ts';
import { showValue } from './problems.ts';
import { expectation, SETTINGS, type Setting, settingOf } from './settings.ts';
import { didYouMean } from './suggest.ts';
import { wellFormedText } from './text.ts';

/** One setting's value with where it came from. */
export interface Assignment {
  readonly setting: Setting;
  readonly value: unknown;
  readonly detail: string;
}

/** What a layer says, and what is wrong with it. */
export interface Layer {
  readonly assignments: readonly Assignment[];
  readonly problems: readonly ConfigProblem[];
}

/** Environment names that are not of our own pattern, with the settings they mean. */
const ENVIRONMENT_NAMES: Readonly<Record<string, string>> = {
  TEMPORAL_ADDRESS: 'temporal.address',
  TEMPORAL_NAMESPACE: 'temporal.namespace',
  TEMPORAL_CLI_PATH: 'temporal.cliPath',
  DATABASE_URL: 'database.url',
  ANTHROPIC_API_KEY: 'claude.apiKey',
  ANTHROPIC_BASE_URL: 'claude.baseUrl',
  ORCHESTRATOR_LOG_LEVEL: 'logging.level',
  ORCHESTRATOR_LOG_FORMAT: 'logging.format',
};
/** Names the configuration knows but that are no settings. */
export const CONFIG_FILE_VARIABLE = 'ORCHESTRATOR_CONFIG';
/** What Kubernetes sets in every pod for a service called "orchestrator". */
const KUBERNETES = /^ORCHESTRATOR_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?)?)$/;

const settingByName = new Map<string, Setting>();
for (const setting of SETTINGS) if (setting.envName) settingByName.set(setting.envName, setting);
for (const [name, key] of Object.entries(ENVIRONMENT_NAMES)) {
  const setting = settingOf(key);
  if (setting) settingByName.set(name, setting);
}

/** Names of a setting in the environment, the short one first. */
export function environmentNames(setting: Setting): readonly string[] {
  const short = Object.keys(ENVIRONMENT_NAMES).filter((name) => ENVIRONMENT_NAMES[name] === setting.key);
  return setting.envName ? [...short, setting.envName] : short;
}

/** Settings given by environment variables. An empty variable counts as unset. */
export function fromEnvironment(env: NodeJS.ProcessEnv): Layer {
  const assignments = new Map<string, Assignment>();
  const problems: ConfigProblem[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || text === '' || name === CONFIG_FILE_VARIABLE || KUBERNETES.test(name)) continue;
    const setting = settingByName.get(name);
    if (setting === undefined) {
      if (name.startsWith('ORCHESTRATOR_')) problems.push(unknownName(name));
      continue;
    }
    const other = assignments.get(setting.key);
    const read = readText(setting, text, `environment ${name}`);
    if ('message' in read) problems.push(read);
    else if (other && other.value !== read.value) problems.push(twice(setting, other.detail, name));
    else assignments.set(setting.key, read);
  }
  return { assignments: [...assignments.values()], problems };
}

function unknownName(name: string): ConfigProblem {
  const names = [...settingByName.keys(), CONFIG_FILE_VARIABLE];
  const remedy = didYouMean(name, names);
  return { key: name, source: 'environment', message: 'no setting has this name', remedy };
}

function twice(setting: Setting, detail: string, name: string): ConfigProblem {
  const message = `it is set to different values by ${detail} and ${name}`;
  return { key: setting.key, source: 'environment', message, remedy: 'Keep one of the two variables.' };
}

/** Settings given by flags, by dotted key. `undefined` counts as not given; texts are read like the environment's. */
export function fromFlags(flags: Readonly<Record<string, unknown>>): Layer {
  const assignments: Assignment[] = [];
  const problems: ConfigProblem[] = [];
  for (const [key, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    const setting = settingOf(key);
    const known = SETTINGS.map((candidate) => candidate.key);
    if (setting === undefined) {
      problems.push({ key, source: 'flag', message: 'no setting has this name', remedy: didYouMean(key, known) });
      continue;
    }
    const read = typeof value === 'string' ? readText(setting, value, 'flag') : { setting, value, detail: 'flag' };
    if ('message' in read) problems.push(read);
    else assignments.push(read);
  }
  return { assignments, problems };
}

/** The typed value of a text, taken literally: no hexadecimal, exponents, blanks or "yes". */
function readText(setting: Setting, text: string, source: string): Assignment | ConfigProblem {
  const { node, secret, key } = setting;
  const refuse = (message: string): ConfigProblem => ({
    key,
    value: showValue(text, secret),
    source,
    message,
    remedy: `Give ${expectation(node)}.`,
  });
  if (!wellFormedText(text)) return refuse('it holds a NUL or a lone surrogate');
  if (text.trim() !== text) return refuse('it begins or ends with white space');
  if (node.type === 'integer') {
    return /^-?(0|[1-9]\d{0,14})$/.test(text)
      ? { setting, value: Number(text), detail: source }
      : refuse('it is not a whole number in decimal digits');
  }
  if (node.type === 'number') {
    return /^-?(0|[1-9]\d{0,14})(\.\d{1,9})?$/.test(text)
      ? { setting, value: Number(text), detail: source }
      : refuse('it is not a number in decimal digits');
  }
  if (node.type === 'boolean') {
    return text === 'true' || text === 'false'
      ? { setting, value: text === 'true', detail: source }
      : refuse('it is neither true nor false');
  }
  if (node.type === 'array') return refuse('a list can only be given in the file');
  return { setting, value: text, detail: source };
}
