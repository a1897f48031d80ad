import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  hostAndPort,
  temporalFromEnvironment,
  temporalTarget,
} from '../../src/integrations/temporal/temporal-target.ts';

describe('Temporal target', () => {
  it('nothing said → this machine, without credentials', () => {
    expect(temporalTarget(undefined, {})).toEqual({ address: '127.0.0.1:7233', loopback: true });
    expect(temporalFromEnvironment({})).toBeUndefined();
    expect(temporalFromEnvironment({ TEMPORAL_ADDRESS: '' })).toBeUndefined();
  });

  it('TEMPORAL_ADDRESS with a key → that server over TLS with the key', () => {
    const env = { TEMPORAL_ADDRESS: 'ns.tmprl.cloud:7233', TEMPORAL_API_KEY: 'secret', TEMPORAL_NAMESPACE: 'ns' };
    expect(temporalTarget(undefined, env)).toMatchObject({
      address: 'ns.tmprl.cloud:7233',
      loopback: false,
      apiKey: 'secret',
      tls: true,
    });
    expect(temporalFromEnvironment(env)).toEqual({ address: 'ns.tmprl.cloud:7233', namespace: 'ns' });
  });

  it('another address than the credentials’ → they stay here', () => {
    const env = { TEMPORAL_ADDRESS: 'ns.tmprl.cloud:7233', TEMPORAL_API_KEY: 'secret' };
    expect(temporalTarget('other.example:7233', env)).toEqual({ address: 'other.example:7233', loopback: false });
    expect(temporalTarget('127.0.0.1:7233', env)).toEqual({ address: '127.0.0.1:7233', loopback: true });
  });

  it('a key without an address → for a remote server, never for one of this machine', () => {
    const env = { TEMPORAL_API_KEY: 'secret' };
    expect(temporalTarget('ns.tmprl.cloud:7233', env)).toMatchObject({ apiKey: 'secret', tls: true });
    for (const address of ['127.0.0.1:9', 'localhost:9', '[::1]:9', '127.8.8.8:9']) {
      expect(temporalTarget(address, env)).toEqual({ address, loopback: true });
    }
  });

  it('a profile file → counts only when it is asked for', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'orchestrator-profile-'));
    const file = join(dir, 'temporal.toml');
    await writeFile(file, '[profile.default]\naddress = "file.example:7233"\n');
    expect(temporalFromEnvironment({ TEMPORAL_CONFIG_FILE: file })).toMatchObject({ address: 'file.example:7233' });
    await writeFile(file, 'not toml at all [');
    expect(() => temporalFromEnvironment({ TEMPORAL_CONFIG_FILE: file })).toThrow(/TEMPORAL_\* settings/);
    await rm(dir, { recursive: true });
  });

  it('a certificate file that is not there → temporal.configuration', () => {
    const env = {
      TEMPORAL_ADDRESS: 'h:1',
      TEMPORAL_TLS_CLIENT_CERT_PATH: '/none',
      TEMPORAL_TLS_CLIENT_KEY_PATH: '/none',
    };
    expect(() => temporalTarget(undefined, env)).toThrow(expect.objectContaining({ code: 'temporal.configuration' }));
  });

  it('host and port: plain, bracketed, without port', () => {
    expect(hostAndPort('h.example:1')).toEqual({ host: 'h.example', port: 1 });
    expect(hostAndPort('[::1]:2')).toEqual({ host: '::1', port: 2 });
    expect(hostAndPort('h')).toEqual({ host: 'h', port: 7233 });
  });
});
