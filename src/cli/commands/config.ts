/** `orchestrator config …`: show, validate, schema. Host side. */
import { configJsonSchema } from '../../integrations/config/config-schema-file.ts';
import { describeConfig } from '../../integrations/config/describe-config.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { loadSettings } from '../settings.ts';
import { safeJson } from '../view/safe-text.ts';
import { table } from '../view/table.ts';

/** Every setting with its value (secrets masked) and where it comes from. */
export async function showConfig(context: CommandContext): Promise<number> {
  const { io, globals } = context;
  const rows = describeConfig(loadSettings(context).loaded);
  if (globals.json) io.stdout.write(`${safeJson(rows, 2)}\n`);
  else {
    const cells = rows.map(({ key, value, detail }) => [key, value ?? '(not set)', detail]);
    // Where a value comes from is what people look for: rather a wrapped line than one that is cut.
    io.stdout.write(
      `${table(['SETTING', 'VALUE', 'FROM'], cells, Math.max(160, io.stdout.columns ?? 0)).join('\n')}\n`,
    );
  }
  return EXIT.ok;
}

/** Says that the configuration and agent files are valid; what is wrong comes out as an error. */
export async function validateConfig(context: CommandContext): Promise<number> {
  const { io, globals } = context;
  const { loaded, config } = loadSettings(context);
  const facts = { valid: true, warnings: loaded.warnings, ownAgents: config.agents.own.length };
  io.stdout.write(globals.json ? `${safeJson(facts)}\n` : 'The configuration is valid.\n');
  return EXIT.ok;
}

/** The JSON Schema of config.yaml, for editors. */
export async function showSchema({ io }: CommandContext): Promise<number> {
  io.stdout.write(`${safeJson(configJsonSchema(), 2)}\n`);
  return EXIT.ok;
}
