/** A Temporal address behind TLS that asks for a client certificate: a valid one gets in, others are named. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { connectTemporal } from '../../src/integrations/temporal/connect-temporal.ts';
import { connectTemporalNative } from '../../src/integrations/temporal/connect-temporal-native.ts';
import { hostAndPort } from '../../src/integrations/temporal/temporal-target.ts';
import { testTemporal } from '../support/test-servers.ts';

const withOpenssl = spawnSync('openssl', ['version']).status === 0 ? describe : describe.skip;

let folder: string;
let server: Server;
const pathOf = (name: string): string => join(folder, name);
const openssl = (args: string): void => void execFileSync('openssl', args.split(' '), { cwd: folder, stdio: 'ignore' });

const KEY = 'req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';

/** Key and certificate of our own authority, valid from now for `days`. */
function certificate(name: string, days: number): void {
  openssl(`${KEY} -subj /CN=${name} -addext subjectAltName=DNS:localhost -keyout ${name}.key -out ${name}.csr`);
  const signed = `x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions copy`;
  openssl(`${signed} -days ${days} -out ${name}.pem`);
}

/** TLS in front of the test server, for clients with a certificate of our authority. */
async function startTlsProxy(): Promise<Server> {
  const { host, port } = hostAndPort(testTemporal().address);
  const [key, cert, ca] = ['server.key', 'server.pem', 'ca.pem'].map((name) => readFileSync(pathOf(name)));
  const options = { key, cert, ca, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] };
  const proxy = createServer(options, (socket) => {
    const upstream = connect({ host, port });
    socket.on('error', () => upstream.destroy()).pipe(upstream);
    upstream.on('error', () => socket.destroy()).pipe(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return proxy;
}

const environment = (name: string): NodeJS.ProcessEnv => ({
  TEMPORAL_ADDRESS: `localhost:${(server.address() as AddressInfo).port}`,
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: pathOf('ca.pem'),
  TEMPORAL_TLS_CLIENT_CERT_PATH: pathOf(`${name}.pem`),
  TEMPORAL_TLS_CLIENT_KEY_PATH: pathOf(`${name}.key`),
});

withOpenssl('Temporal behind TLS (needs openssl)', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'temporal-tls-'));
    openssl(`${KEY} -x509 -days 2 -subj /CN=authority -keyout ca.key -out ca.pem`);
    for (const [name, days] of [
      ['server', 2],
      ['valid', 2],
      ['expired', -1],
    ] as const) {
      certificate(name, days);
    }
    server = await startTlsProxy();
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['client', connectTemporal],
    ['native', connectTemporalNative],
  ])(
    '%s: a valid certificate → in; an expired one (bad input 94) → temporal.credentials naming it',
    async (_kind, to) => {
      const { namespace } = testTemporal();
      const connection = await to({ namespace, env: environment('valid') });
      await connection.close();
      await expect(to({ namespace, env: environment('expired'), timeoutMs: 1_500 })).rejects.toMatchObject({
        code: 'temporal.credentials',
        message: expect.stringMatching(/our client certificate expired on \w{3} .*20\d\d GMT/),
        remedy: expect.stringContaining('TEMPORAL_TLS_CLIENT_CERT_PATH'),
      });
    },
  );
});
