/** Why a Temporal server could not be reached or would not let us in, found by asking it once more. Host side. */
import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isGrpcServiceError } from '@temporalio/client';
import { OrchestratorError } from '../../core/failures.ts';
import { hostAndPort, type TemporalTarget } from './temporal-target.ts';

const PROBE_TIMEOUT_MS = 3_000;
const [PERMISSION_DENIED, UNAUTHENTICATED, NOT_FOUND] = [7, 16, 5];

/** `temporal.namespace-missing`, `temporal.credentials`, or `temporal.unreachable` with the address and the reason. */
export async function connectionFailure(
  error: unknown,
  target: TemporalTarget,
  namespace: string,
): Promise<OrchestratorError> {
  const { address } = target;
  const code = grpcCode(error);
  const badDates = clientCertificateFault(target);
  if (badDates !== undefined) {
    return new OrchestratorError('temporal.credentials', `Temporal at ${address} does not let us in: ${badDates}.`, {
      remedy: 'Get a new certificate and set TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH to it.',
      facts: { address, namespace },
      cause: error,
    });
  }
  if (code === NOT_FOUND) {
    return new OrchestratorError(
      'temporal.namespace-missing',
      `Temporal at ${address} has no namespace "${namespace}".`,
      {
        remedy: `Create it (\`temporal operator namespace create -n ${namespace}\`) or set \`temporal.namespace\`.`,
        facts: { address, namespace },
        cause: error,
      },
    );
  }
  if (code === PERMISSION_DENIED || code === UNAUTHENTICATED) {
    return new OrchestratorError('temporal.credentials', `Temporal at ${address} does not let us in: ${text(error)}.`, {
      remedy: 'Set TEMPORAL_API_KEY, or TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, to valid ones.',
      facts: { address, namespace },
      cause: error,
    });
  }
  const why = (await probe(target)) ?? text(error);
  return new OrchestratorError('temporal.unreachable', `Temporal at ${address} cannot be reached: ${why}.`, {
    remedy: /certificate|handshake|TLS|SSL/i.test(why)
      ? 'Check the TEMPORAL_TLS_* settings and the dates of the certificates.'
      : 'Check that the server runs and the address is right; without an address an embedded server is started by `orchestrator up`.',
    facts: { address, namespace, why },
    cause: error,
  });
}

/** What is wrong with the dates of our own certificate: the server only closes the line, and says so to nobody. */
function clientCertificateFault({ tls }: TemporalTarget, nowMs: number = Date.now()): string | undefined {
  const pem = tls && tls !== true ? tls.clientCertPair?.crt : undefined;
  if (pem === undefined) return undefined;
  try {
    const { validFrom, validTo } = new X509Certificate(Buffer.from(pem));
    if (Date.parse(validTo) < nowMs) return `our client certificate expired on ${validTo}`;
    if (Date.parse(validFrom) > nowMs) return `our client certificate is valid only from ${validFrom}`;
    return undefined;
  } catch {
    return 'our client certificate cannot be read';
  }
}

/** The gRPC status in an error or its causes. */
function grpcCode(error: unknown): number | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (isGrpcServiceError(at)) return at.code;
  }
  return undefined;
}

function text(error: unknown): string {
  let last = String(error);
  for (let at: unknown = error; at instanceof Error; at = at.cause) last = at.message;
  return last.replace(/\.+$/, '').slice(0, 300);
}

/** Connects bare, to get a reason where gRPC has only "deadline". Undefined when that works. */
async function probe(target: TemporalTarget): Promise<string | undefined> {
  const { host, port } = hostAndPort(target.address);
  return await new Promise((resolve) => {
    const tls = target.tls ? (target.tls === true ? {} : target.tls) : undefined;
    const socket = tls
      ? connectTls({
          ...{ host, port, ALPNProtocols: ['h2'], ...serverName(tls.serverNameOverride ?? host) },
          ca: tls.serverRootCACertificate ? Buffer.from(tls.serverRootCACertificate) : undefined,
          cert: tls.clientCertPair ? Buffer.from(tls.clientCertPair.crt) : undefined,
          key: tls.clientCertPair ? Buffer.from(tls.clientCertPair.key) : undefined,
        })
      : connectTcp({ host, port });
    const end = (why?: string) => {
      socket.destroy();
      resolve(why);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => end('it does not answer'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(`${PLAIN[error.code ?? ''] ?? error.message}`));
    socket.once(tls ? 'secureConnect' : 'connect', () => end());
  });
}

/** An IP address is no server name. */
function serverName(name: string): { servername?: string } {
  return isIP(name) === 0 ? { servername: name } : {};
}

const PLAIN: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
  EHOSTUNREACH: 'no way leads there',
  ECONNRESET: 'it closes the connection at once',
  CERT_HAS_EXPIRED: 'its certificate has expired',
};
