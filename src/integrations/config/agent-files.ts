/** Reads the folder of agent files (*.yaml), strictly and with the file's name in each problem. Host side. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type AgentDefinition, agentSchema } from '../../core/agent.ts';
import { MAX_YAML_BYTES, parseYaml } from './parse-yaml.ts';
import { type ConfigProblem, configInvalid } from './problems.ts';
import type { SchemaNode } from './settings.ts';
import { readTextFile } from './text.ts';
import { explain } from './validate.ts';

const MAX_AGENT_FILES = 100;
const node = z.toJSONSchema(agentSchema, { io: 'input', target: 'draft-7' }) as SchemaNode;

/**
 * The agents of `dir`'s *.yaml and *.yml files in the order of their names; none when there is no such folder.
 * Throws `OrchestratorError` `config.invalid` that lists every problem of every file.
 */
export function loadAgentFiles(dir: string): readonly AgentDefinition[] {
  const names = agentFileNames(dir);
  const problems: ConfigProblem[] = [];
  const agents = new Map<string, { agent: AgentDefinition; file: string }>();
  for (const file of names) {
    const read = readAgentFile(dir, file);
    problems.push(...read.problems);
    if (read.agent === undefined) continue;
    const other = agents.get(read.agent.name);
    if (other) problems.push(doubled(read.agent.name, file, other.file));
    else agents.set(read.agent.name, { agent: read.agent, file });
  }
  if (problems.length > 0) throw configInvalid(problems, `The agent folder ${dir}`);
  return [...agents.values()].map(({ agent }) => agent);
}

function agentFileNames(dir: string): string[] {
  let names: string[];
  try {
    names = readdirSync(dir).filter((name) => /^[^.].*\.ya?ml$/.test(name));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return [];
    const message = code === 'ENOTDIR' ? 'it is not a folder' : `it cannot be read (${code})`;
    throw configInvalid([{ key: 'agents.dir', source: dir, message, remedy: 'Give a folder that can be read.' }]);
  }
  if (names.length <= MAX_AGENT_FILES) return names.sort();
  const message = `it holds ${names.length} agent files, over ${MAX_AGENT_FILES}`;
  throw configInvalid([{ key: 'agents.dir', source: dir, message, remedy: 'Remove some.' }]);
}

function readAgentFile(dir: string, file: string): { agent?: AgentDefinition; problems: readonly ConfigProblem[] } {
  const read = readTextFile(join(dir, file), MAX_YAML_BYTES);
  if (read.kind !== 'text') {
    const message = read.kind === 'missing' ? 'there is no such file' : read.reason;
    return { problems: [{ key: '', source: file, message, remedy: 'Make it a readable YAML file.' }] };
  }
  const parsed = parseYaml(read.text, file);
  if (parsed.problems.length > 0) return { problems: parsed.problems };
  const result = agentSchema.safeParse(parsed.value);
  if (result.success) return { agent: result.data, problems: [] };
  const sourceOf = (key: string) => {
    const line = parsed.lines.get(key) ?? parsed.lines.get(key.split('.', 1)[0] ?? '');
    return line === undefined ? file : `${file}:${line}`;
  };
  const context = { input: parsed.value, sourceOf, nodeAt: agentNodeAt };
  return { problems: result.error.issues.flatMap((issue) => explain(issue, context)) };
}

function agentNodeAt(path: readonly (string | number)[]): SchemaNode | undefined {
  const [name, position] = path;
  if (name === undefined) return node;
  const field = node.properties && Object.hasOwn(node.properties, name) ? node.properties[name] : undefined;
  return position === undefined ? field : field?.items;
}

function doubled(name: string, file: string, other: string): ConfigProblem {
  const message = `an agent of this name is also in ${other}`;
  return { key: 'name', value: JSON.stringify(name), source: file, message, remedy: 'Rename one of them.' };
}
