import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTarget } from '../../src/client/find-target.ts';
import { asKnownError } from '../../src/client/known-error.ts';
import { configSchema } from '../../src/core/config.ts';
import { configuredServers } from '../../src/integrations/instance/configured-servers.ts';

const url = 'postgresql://db.example/goals';
let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'find-target-'));
});
afterAll(() => rmSync(dataDir, { recursive: true }));

const config = () => configSchema.parse({ dataDir, temporal: { address: 'temporal.example:7233' }, database: { url } });

describe('servers of others', () => {
  it('both named, no instance here → they are the target', async () => {
    expect(await findTarget(config(), { simulate: false })).toEqual({
      temporal: { address: 'temporal.example:7233', namespace: 'default' },
      store: { url },
      simulated: false,
    });
  });

  it('--simulate → never used: a simulated goal has an instance of its own', async () => {
    expect(configuredServers(config(), { simulate: true })).toEqual({});
    await expect(findTarget(config(), { simulate: true })).rejects.toMatchObject({ code: 'instance.not-running' });
  });
});

describe('a database without the tables of this version', () => {
  it.each(['42P01', '42703', '3F000'])(
    'SQLSTATE %s, wrapped → store.older with what to do, without the statement',
    (code) => {
      const error = new Error('Failed query: insert …', { cause: Object.assign(new Error('no relation'), { code }) });
      expect(asKnownError(error)).toMatchObject({
        code: 'store.older',
        message: expect.not.stringContaining('insert'),
      });
    },
  );
});
