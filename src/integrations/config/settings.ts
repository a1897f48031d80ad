/** Every setting by its dotted key, read off the schema once: type, limits, default, environment name. Host side. */
import { z } from 'zod';
import { configSchema } from '../../core/config.ts';

/** A part of a JSON Schema, as far as the configuration's schema uses it. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly secret?: boolean;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

/** One setting. `default` is undefined when it has none. */
export interface Setting {
  readonly key: string;
  readonly path: readonly string[];
  readonly node: SchemaNode;
  readonly secret: boolean;
  readonly description: string;
  readonly default: unknown;
  /** ORCHESTRATOR_<SECTION>__<KEY>; undefined for lists, which only a file can hold. */
  readonly envName: string | undefined;
}

const root = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }) as SchemaNode;
const defaults: unknown = configSchema.parse({});

/** All settings in the schema's order. */
export const SETTINGS: readonly Setting[] = collect(root, []);
const byKey = new Map(SETTINGS.map((setting) => [setting.key, setting]));

/** The setting of a dotted key. */
export function settingOf(key: string): Setting | undefined {
  return byKey.get(key);
}

/** The schema of a setting or section; undefined where the schema has none. List positions are skipped. */
export function nodeAt(path: readonly (string | number)[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const part of path) {
    if (node === undefined) return undefined;
    if (typeof part === 'number') node = node.items;
    else node = node.properties && Object.hasOwn(node.properties, part) ? node.properties[part] : undefined;
  }
  return node;
}

/** What a value must be, for people: "a whole number from 0 to 65535". */
export function expectation(node: SchemaNode): string {
  if (node.enum) return `one of ${node.enum.join(', ')}`;
  if (node.type === 'boolean') return 'true or false';
  if (node.type === 'integer') return `a whole number from ${node.minimum} to ${node.maximum}`;
  if (node.type === 'number') return `a number from ${decimal(node.minimum)} to ${node.maximum}`;
  if (node.type === 'array') return 'a list';
  if (node.properties) return `a section with ${Object.keys(node.properties).join(', ')}`;
  if (node.format === 'uri') return 'an http:// or https:// URL';
  return node.pattern ? `a text that matches ${node.pattern}` : 'a text that is not empty';
}

/** A small number without an exponent, which texts may not have either. */
function decimal(value: number | undefined): string {
  return value !== undefined && value !== 0 && Math.abs(value) < 1e-4 ? value.toFixed(6) : `${value}`;
}

/** The default configuration as plain data, a fresh copy. */
export function defaultValues(): Record<string, unknown> {
  return structuredClone(defaults) as Record<string, unknown>;
}

function collect(node: SchemaNode, path: readonly string[]): Setting[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const at = [...path, name];
    return child.properties ? collect(child, at) : [toSetting(child, at)];
  });
}

function toSetting(node: SchemaNode, path: readonly string[]): Setting {
  const snake = path.map((part) => part.replace(/[A-Z]/g, '_$&').toUpperCase());
  return {
    key: path.join('.'),
    path,
    node,
    secret: node.secret === true,
    description: node.description ?? '',
    default: valueAt(defaults, path),
    envName: node.type === 'array' ? undefined : `ORCHESTRATOR_${snake.join('__')}`,
  };
}

/** The value at a path of plain data, undefined where the path ends early. */
export function valueAt(data: unknown, path: readonly (string | number)[]): unknown {
  let at = data;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string | number, unknown>)[part];
  }
  return at;
}
