import { readFileSync, writeFileSync } from 'node:fs';
import { configSchema } from '../../src/core/config.ts';
import { configJsonSchema } from '../../src/integrations/config/config-schema-file.ts';
import { configTemplate } from '../../src/integrations/config/config-template.ts';
import { loadConfig } from '../../src/integrations/config/load-config.ts';
import { SETTINGS, valueAt } from '../../src/integrations/config/settings.ts';
import { configFolder } from './config-folder.ts';

const templateFile = new URL('../../config.yaml', import.meta.url);
const schemaFile = new URL('../../config.schema.json', import.meta.url);

// To write both files anew after a change of the schema: UPDATE_CONFIG_FILES=1 with this test, then `npm run format`.
if (process.env.UPDATE_CONFIG_FILES === '1') {
  writeFileSync(templateFile, configTemplate());
  writeFileSync(schemaFile, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
}

describe('config.yaml and config.schema.json', () => {
  it('config.yaml in the repository → what the schema gives', () => {
    expect(readFileSync(templateFile, 'utf8')).toBe(configTemplate());
  });

  it('config.schema.json in the repository → what the schema gives', () => {
    expect(JSON.parse(readFileSync(schemaFile, 'utf8'))).toEqual(configJsonSchema());
  });

  it('config.yaml as it is → says nothing; every setting uncommented → valid and equal to the defaults', () => {
    const folder = configFolder();
    try {
      folder.write('config.yaml', configTemplate());
      expect([...folder.load().sources.values()].every(({ source }) => source === 'default')).toBe(true);
      folder.write('config.yaml', configTemplate().replaceAll(/^# /gm, ''));
      const loaded = folder.load();
      expect(loaded.config).toEqual(configSchema.parse({}));
      const unset = SETTINGS.filter((setting) => setting.default === undefined).map(({ key }) => key);
      const silent = [...loaded.sources].filter(([, { source }]) => source === 'default').map(([key]) => key);
      expect(silent.sort()).toEqual(unset.sort());
    } finally {
      folder.remove();
    }
  });

  it('every setting → described, and named in config.yaml', () => {
    const template = configTemplate();
    for (const setting of SETTINGS) {
      expect(setting.description).not.toBe('');
      expect(template).toMatch(new RegExp(`^#.*\\b${setting.path.at(-1)}:`, 'm'));
    }
    expect(SETTINGS.filter(({ secret }) => secret).map(({ key }) => key)).toEqual(['database.url', 'claude.apiKey']);
  });

  it('JSON Schema → draft 7, strict, without keywords of our own, no key required but in lists', () => {
    const schema = configJsonSchema();
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
    expect(schema.additionalProperties).toBe(false);
    expect(JSON.stringify(schema)).not.toContain('"secret"');
    expect(
      valueAt(schema, ['properties', 'claude', 'properties', 'tiers', 'properties', 'fast', 'required']),
    ).toBeUndefined();
    expect(valueAt(schema, ['properties', 'agents', 'properties', 'own', 'items', 'required'])).toEqual(
      expect.arrayContaining(['name', 'instructions']),
    );
  });

  it('the repository’s own folder → loads', () => {
    expect(loadConfig({ cwd: new URL('../..', import.meta.url).pathname, env: {} }).config).toEqual(
      configSchema.parse({}),
    );
  });
});
