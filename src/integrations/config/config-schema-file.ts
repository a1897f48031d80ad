/** The JSON Schema of config.yaml for editors. Host side, pure. */
import { z } from 'zod';
import { configSchema } from '../../core/config.ts';

/** JSON Schema (draft 7) of what the file may hold; every key may be left out, as the loader fills in the defaults. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema, path }) => {
      delete jsonSchema.secret;
      const inList = path.includes('items');
      if (!inList) delete jsonSchema.required;
      // A section's own default would only hide those of its settings.
      if (jsonSchema.type === 'object') delete jsonSchema.default;
    },
  });
  return { ...schema, title: 'AI Orchestrator configuration (config.yaml)' };
}
