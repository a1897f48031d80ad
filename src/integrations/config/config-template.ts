/** The commented config.yaml: every setting with its meaning, commented out at its default. Host side, pure. */
import { environmentNames } from './assignments.ts';
import { expectation, nodeAt, SETTINGS, type Setting } from './settings.ts';

const HEAD = `## AI Orchestrator configuration. Every setting is shown at its default; remove "# " to change one.
## Lines with "##" explain. Environment variables (in brackets) win over this file, flags over both.
## Keep secrets out of it (use the environment), or make it readable to you alone: chmod 600 config.yaml.
#\tyaml-language-server: $schema=./config.schema.json
`;

/** The text of config.yaml. Taking "# " off every line that begins with it gives a file that says the defaults. */
export function configTemplate(): string {
  const lines: string[] = [];
  let above: readonly string[] = [];
  for (const setting of SETTINGS) {
    const sections = setting.path.slice(0, -1);
    sections.forEach((name, depth) => {
      if (above.length > depth && above[depth] === name) return;
      const description = nodeAt(sections.slice(0, depth + 1))?.description;
      if (depth === 0) lines.push('');
      if (description) lines.push(`${indent(depth, '##')}${description}`);
      lines.push(`${indent(depth, '# ')}${name}:`);
      above = sections.slice(0, depth + 1);
    });
    above = sections;
    lines.push(...settingLines(setting));
  }
  return `${HEAD}\n${lines.join('\n').trim()}\n`;
}

function settingLines(setting: Setting): string[] {
  const depth = setting.path.length - 1;
  const { node, description } = setting;
  const limits = node.type === 'string' && !node.enum ? '' : ` (${expectation(node)})`;
  const [variable] = environmentNames(setting);
  const meaning = `${description.replace(/\.$/, '')}${limits}.${variable ? ` [${variable}]` : ''}`;
  const name = setting.path.at(-1) ?? '';
  const unset = setting.default === undefined;
  const value = unset
    ? `${indent(depth, '##')}${name}: …   (not set)`
    : `${indent(depth, '# ')}${name}: ${yaml(setting.default)}`;
  return [`${indent(depth, '##')}${meaning}`, value];
}

function indent(depth: number, mark: '##' | '# '): string {
  return `${mark}${mark === '##' ? ' ' : ''}${'  '.repeat(depth)}`;
}

/** JSON is YAML; plain words need no quotes. */
function yaml(value: unknown): string {
  return typeof value === 'string' && /^[a-z][a-z0-9-]*$/.test(value) && value !== 'off'
    ? value
    : JSON.stringify(value);
}
