import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  type ClaudeAnswer,
  type ClaudeOptions,
  createClaude,
  type SendOptions,
} from '../../src/integrations/claude/client.ts';
import { classifyClaudeError } from '../../src/integrations/claude/errors.ts';
import { canSign, selfSigned } from '../support/self-signed.ts';
import { type FaultServer, faultServer, type Json, PING, REQUEST, start, stream, textBlock } from './claude-server.ts';

let server: FaultServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

type Reply = (response: ServerResponse, body: Json) => void;

async function send(reply: Reply, options: Partial<SendOptions & ClaudeOptions> = {}): Promise<ClaudeAnswer> {
  server = await faultServer(reply);
  const { idleTimeoutMs = 20_000, callTimeoutMs = 40_000, apiKey = 'sk-ant-test-key', ...call } = options;
  const claude = createClaude({ apiKey, baseUrl: server.url, idleTimeoutMs, callTimeoutMs });
  return claude.send(REQUEST, { callKey: 'g/t/0/1', ...call });
}

/** Sends and returns how the failure is classified; exactly one request may have gone out. */
async function failureOf(
  reply: Reply,
  options: Partial<SendOptions & ClaudeOptions> = {},
): Promise<ReturnType<typeof classifyClaudeError>> {
  const failed = await send(reply, options).then(
    () => undefined,
    (error: unknown) => classifyClaudeError(error),
  );
  if (!failed) throw new Error('the call did not fail');
  expect(server?.requests).toHaveLength(1);
  return failed;
}

describe('createClaude: broken connections', () => {
  it('59 reset mid-stream → model.connection', async () => {
    const failed = await failureOf((response) => {
      stream(response, start() + textBlock(0, 'x'), { end: false });
      setImmediate(() => response.socket?.resetAndDestroy());
    });
    expect(failed).toMatchObject({ type: 'model.connection', counts: true, retryable: true });
  });

  it('reset before the answer → model.connection', async () => {
    expect(await failureOf((response) => response.socket?.resetAndDestroy())).toMatchObject({
      type: 'model.connection',
      counts: true,
    });
  });

  it('nobody listens, no such name → nothing was sent: model.connection, not counted, not billed (G6)', async () => {
    const gone = await faultServer(() => undefined);
    await gone.close();
    for (const [baseUrl, code] of [
      [gone.url, 'ECONNREFUSED'],
      ['http://claude.invalid', /ENOTFOUND|EAI_AGAIN/],
    ] as const) {
      const claude = createClaude({ apiKey: 'k', baseUrl, idleTimeoutMs: 20_000, callTimeoutMs: 20_000 });
      const error: unknown = await claude.send(REQUEST, { callKey: 'k' }).catch((thrown: unknown) => thrown);
      expect(classifyClaudeError(error)).toMatchObject({
        ...{ type: 'model.connection', counts: false, billed: false, retryable: true },
        message: expect.stringMatching(code),
      });
    }
  });

  it('66 plain HTTP where TLS is asked → model.connection', async () => {
    server = await faultServer((response) => response.end());
    const claude = createClaude({
      apiKey: 'k',
      baseUrl: server.url.replace('http:', 'https:'),
      idleTimeoutMs: 20_000,
      callTimeoutMs: 20_000,
    });
    const error: unknown = await claude.send(REQUEST, { callKey: 'k' }).catch((thrown: unknown) => thrown);
    expect(classifyClaudeError(error).type).toBe('model.connection');
  });

  (canSign ? it : it.skip)(
    '§3.3-66 a certificate that nobody vouches for (needs openssl) → model.connection',
    async () => {
      const { key, cert } = selfSigned();
      let requests = 0;
      const tls = createServer({ key, cert }, (_request, response) => {
        requests += 1;
        response.end();
      });
      await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
      const baseUrl = `https://127.0.0.1:${(tls.address() as AddressInfo).port}`;
      const claude = createClaude({ apiKey: 'k', baseUrl, idleTimeoutMs: 20_000, callTimeoutMs: 20_000 });
      const error: unknown = await claude.send(REQUEST, { callKey: 'k' }).catch((thrown: unknown) => thrown);
      tls.close();
      expect(classifyClaudeError(error)).toMatchObject({
        type: 'model.connection',
        counts: true,
        billed: false,
        message: expect.stringContaining('SELF_SIGNED'),
      });
      expect(requests).toBe(0);
    },
  );

  it.each([
    ['62 a stall after the headers', (response) => stream(response, start(), { end: false })],
    ['no headers at all', () => undefined],
    [
      '62 pings without end',
      (response) => {
        stream(response, start(), { end: false });
        const timer = setInterval(() => response.write(PING), 10);
        response.on('close', () => clearInterval(timer));
      },
    ],
    [
      '63 one byte at a time',
      (response) => {
        stream(response, start(), { end: false });
        const timer = setInterval(() => response.write('d'), 10);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ] as [string, Reply][])('%s → ended after the idle time', async (_name, reply) => {
    const failed = await failureOf(reply, { idleTimeoutMs: 1_000 });
    expect(failed).toMatchObject({
      type: 'model.connection',
      counts: true,
      message: expect.stringContaining('no progress for 1000 ms'),
    });
  });

  it('progress without end → ended after the whole time', async () => {
    const failed = await failureOf(
      (response) => {
        stream(response, start(), { end: false });
        const timer = setInterval(() => response.write(textBlock(0, 'x')), 10);
        response.on('close', () => clearInterval(timer));
      },
      { callTimeoutMs: 1_000 },
    );
    expect(failed).toMatchObject({
      type: 'model.connection',
      message: expect.stringContaining('not ended after 1000 ms'),
    });
  });

  it('abort in the middle → the connection is closed and the signal’s own reason thrown', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled');
    let onClosed = (): void => undefined;
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    const sent = send(
      (response) => {
        response.on('close', () => onClosed());
        stream(response, start() + textBlock(0, 'x'), { end: false });
      },
      { signal: controller.signal, onText: () => controller.abort(reason) },
    );
    await expect(sent).rejects.toBe(reason);
    await closed;
  });

  it('aborted before → nothing is sent', async () => {
    const reason = new Error('cancelled');
    await expect(send(() => undefined, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server?.requests).toHaveLength(0);
  });
});
