/** Puts the configuration together: defaults < config.yaml < environment < flags, all problems at once. Host side. */
import { dirname, resolve } from 'node:path';
import type { Config } from '../../core/config.ts';
import { type Assignment, CONFIG_FILE_VARIABLE, fromEnvironment, fromFlags } from './assignments.ts';
import { MAX_YAML_BYTES, type ParsedYaml, parseYaml } from './parse-yaml.ts';
import { type ConfigProblem, configInvalid } from './problems.ts';
import { defaultValues, SETTINGS, settingOf, valueAt } from './settings.ts';
import { readTextFile } from './text.ts';
import { validateConfig } from './validate.ts';

/** Where a value comes from. `detail` names the file and line, the variable, or the flag. */
export interface ConfigSource {
  readonly source: 'default' | 'file' | 'env' | 'flag';
  readonly detail: string;
}

/** A valid configuration. `baseDir` is what relative paths in it start from: the file's folder, else `cwd`. */
export interface LoadedConfig {
  readonly config: Config;
  /** By dotted key; every setting is in it. */
  readonly sources: Map<string, ConfigSource>;
  readonly warnings: string[];
  readonly baseDir: string;
}

/** `file` is --config; `flags` are settings by dotted key. `cwd` and `env` default to the process's own. */
export interface LoadConfigOptions {
  readonly file?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly flags?: Readonly<Record<string, unknown>>;
}

const DEFAULT_FILE = 'config.yaml';

/** Loads and validates. Throws `OrchestratorError` `config.invalid` that lists every problem. */
export function loadConfig(options: LoadConfigOptions = {}): LoadedConfig {
  const { cwd = process.cwd(), env = process.env, flags = {} } = options;
  const file = readConfigFile(cwd, options.file ?? (env[CONFIG_FILE_VARIABLE] || undefined));
  const environment = fromEnvironment(env);
  const flagged = fromFlags(flags);
  const sources = new Map<string, ConfigSource>();
  for (const { key } of SETTINGS) sources.set(key, { source: 'default', detail: 'default' });
  const input = mergeFile(defaultValues(), file.value, (path) => {
    const key = path.join('.');
    if (settingOf(key)) sources.set(key, { source: 'file', detail: file.where(key) });
  });
  const assign = (source: 'env' | 'flag') => (assignment: Assignment) => {
    if (!setAt(input, assignment)) return;
    sources.set(assignment.setting.key, { source, detail: assignment.detail });
  };
  environment.assignments.forEach(assign('env'));
  flagged.assignments.forEach(assign('flag'));
  const sourceOf = (key: string) => {
    const known = sources.get(key);
    return known && known.source !== 'default' ? known.detail : file.where(key);
  };
  const validated = validateConfig(input, sourceOf);
  const problems = [...file.problems, ...environment.problems, ...flagged.problems, ...validated.problems];
  if (validated.config === undefined || problems.length > 0) throw configInvalid(problems);
  return { config: validated.config, sources, warnings: warningsOf(file, sources), baseDir: file.baseDir };
}

interface ConfigFile {
  readonly path: string;
  readonly baseDir: string;
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  readonly mode: number;
  /** `config.yaml:12` for a key that stands in the file or inside one that does, else the file's name. */
  readonly where: (key: string) => string;
}

function readConfigFile(cwd: string, given: string | undefined): ConfigFile {
  const name = given ?? DEFAULT_FILE;
  const path = resolve(cwd, name);
  const read = readTextFile(path, MAX_YAML_BYTES);
  const none = { path, value: null, mode: 0, where: () => name };
  if (read.kind === 'missing' && given === undefined) return { ...none, baseDir: cwd, problems: [] };
  if (read.kind !== 'text') {
    const message = read.kind === 'missing' ? 'there is no such file' : read.reason;
    const remedy = 'Give the path of a readable YAML file of at most 1 MiB, or none.';
    return { ...none, baseDir: dirname(path), problems: [{ key: '', source: name, message, remedy }] };
  }
  const parsed = parseYaml(read.text, name);
  const problems = [...parsed.problems, ...rootProblem(parsed.value, name)];
  return { path, baseDir: dirname(path), value: parsed.value, problems, mode: read.mode, where: locate(parsed, name) };
}

function rootProblem(value: unknown, name: string): ConfigProblem[] {
  if (value === null || isSection(value)) return [];
  return [
    {
      key: '',
      source: name,
      message: 'it holds no settings but a single value or a list',
      remedy: 'Write "key: value" lines.',
    },
  ];
}

function locate(parsed: ParsedYaml, name: string): (key: string) => string {
  return (key) => {
    const parts = key.split('.');
    for (let length = parts.length; length > 0; length--) {
      const line = parsed.lines.get(parts.slice(0, length).join('.'));
      if (line !== undefined) return `${name}:${line}`;
    }
    return name;
  };
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sections merge, all else replaces; an empty section (all its lines commented out) says nothing. */
function mergeFile(
  base: Record<string, unknown>,
  over: unknown,
  onValue: (path: readonly string[]) => void,
): Record<string, unknown> {
  if (!isSection(over)) return base;
  const result = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const below = result[name];
    if (isSection(below) && value === null) continue;
    if (isSection(below) && isSection(value)) {
      result[name] = mergeFile(below, value, (path) => onValue([name, ...path]));
    } else {
      result[name] = value;
      onValue([name]);
    }
  }
  return result;
}

/** False when the file has something else in the place of the section, which is a problem of its own. */
function setAt(input: Record<string, unknown>, { setting, value }: Assignment): boolean {
  const parent = setting.path.length === 1 ? input : valueAt(input, setting.path.slice(0, -1));
  const name = setting.path.at(-1);
  if (!isSection(parent) || name === undefined) return false;
  parent[name] = value;
  return true;
}

/** A file that holds a secret and that other users of the machine can read. */
function warningsOf(file: ConfigFile, sources: ReadonlyMap<string, ConfigSource>): string[] {
  const secrets = SETTINGS.filter(({ key, secret }) => secret && sources.get(key)?.source === 'file');
  if (secrets.length === 0 || process.platform === 'win32' || (file.mode & 0o044) === 0) return [];
  const keys = secrets.map(({ key }) => key).join(' and ');
  return [`${file.path} holds ${keys} and can be read by other users: run chmod 600 on it, or use the environment.`];
}
