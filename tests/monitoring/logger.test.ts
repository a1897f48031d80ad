import { PassThrough } from 'node:stream';
import { createLogger, type Logger, type LoggerOptions, silentLogger } from '../../src/monitoring/logger.ts';
import { redactSecrets } from '../../src/monitoring/redact.ts';

const ESC = '\u001b';

function capture(options: Partial<LoggerOptions> & { terminal?: boolean } = {}): {
  logger: Logger;
  text: () => string;
} {
  const stream = Object.assign(new PassThrough(), { isTTY: options.terminal ?? false });
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const logger = createLogger({ level: 'debug', format: 'json', ...options, stream });
  return { logger, text: () => Buffer.concat(chunks).toString('utf8') };
}

function lines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('createLogger', () => {
  it('json: an entry → one line with time, level, message and fields', () => {
    const { logger, text } = capture();
    logger.info('goal started', { goalId: 'g1', tasks: 3 });
    const [line] = lines(text());
    expect(line).toMatchObject({ level: 'info', message: 'goal started', goalId: 'g1', tasks: 3 });
    expect(new Date(String(line?.time)).toISOString()).toBe(line?.time);
  });

  it('child loggers: goalId, taskId and turn → on every line, first, the inner one wins', () => {
    const { logger, text } = capture();
    const child = logger.child({ goalId: 'g1' }).child({ taskId: 't1', turn: 1 });
    child.warn('slow', { ms: 5, turn: 2 });
    logger.info('other');
    const [first, second] = lines(text());
    expect(Object.keys(first ?? {}).slice(3)).toEqual(['goalId', 'taskId', 'turn', 'ms']);
    expect(first).toMatchObject({ goalId: 'g1', taskId: 't1', turn: 2 });
    expect(second).not.toHaveProperty('goalId');
  });

  it('level: entries below it → not written', () => {
    const { logger, text } = capture({ level: 'warn' });
    logger.debug('d');
    logger.info('i');
    logger.warn('w');
    logger.error('e');
    expect(lines(text()).map((line) => line.message)).toEqual(['w', 'e']);
  });

  it('reserved names: a field called level, time or message → kept beside, not in their place', () => {
    const { logger, text } = capture();
    logger.info('real', { level: 'fake', message: 'fake', time: 'fake' });
    expect(lines(text())[0]).toMatchObject({
      level: 'info',
      message: 'real',
      level_: 'fake',
      message_: 'fake',
      time_: 'fake',
    });
  });

  it('auto: a terminal → pretty with colours; a pipe → JSON', () => {
    const onTerminal = capture({ format: 'auto', terminal: true });
    onTerminal.logger.error('bad', { goalId: 'g1' });
    expect(onTerminal.text()).toMatch(/^\S*\d\d:\d\d:\d\d\.\d{3}/);
    expect(onTerminal.text()).toContain(`${ESC}[31mERROR${ESC}[0m bad`);
    const piped = capture({ format: 'auto' });
    piped.logger.error('bad');
    expect(lines(piped.text())).toHaveLength(1);
  });

  it('pretty in a file: no colour codes, key=value, values with blanks quoted', () => {
    const { logger, text } = capture({ format: 'pretty' });
    logger.info('ready', { url: 'http://127.0.0.1:1', note: 'two words', list: [1, 'a'] });
    expect(text()).toMatch(/INFO {2}ready url=http:\/\/127\.0\.0\.1:1 note="two words" list=\[1,"a"\]\n$/);
    expect(text()).not.toContain(ESC);
  });

  it('pretty: an error with a cause → message on the line, both stacks below, indented', () => {
    const { logger, text } = capture({ format: 'pretty' });
    logger.error('failed', { error: new Error('outer', { cause: new TypeError('inner') }) });
    const [head, ...rest] = text().trimEnd().split('\n');
    expect(head).toMatch(/failed error="outer"$/);
    expect(rest[0]).toBe('    Error: outer');
    expect(rest.some((line) => line === '    caused by TypeError: inner')).toBe(true);
    expect(rest.every((line) => line.startsWith('    '))).toBe(true);
  });

  it.each(['json', 'pretty'] as const)('%s: terminal and invisible characters in user text → escaped', (format) => {
    const { logger, text } = capture({ format });
    const evil = `a${ESC}[2J\u0007\u009b31m\u202e\u200b\r\nforged`;
    logger.info(evil, { [`k${ESC}`]: evil });
    const output = text();
    expect(output.trimEnd().split('\n')).toHaveLength(1);
    for (const char of [ESC, '\u0007', '\u009b', '\u202e', '\u200b', '\r']) expect(output).not.toContain(char);
    if (format === 'json') expect(lines(output)[0]?.message).toBe(evil);
  });

  it('hostile values: cycles, throwing getters, proxies, BigInt, symbols → a line, no throw', () => {
    const { logger, text } = capture();
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    const unprintable = {
      toString: () => {
        throw new Error('no');
      },
    };
    logger.info('a', { circular, big: 10n, fn: () => 1, nan: Number.NaN, proxy });
    logger.info('b', {
      get bad(): string {
        throw new Error('no');
      },
      good: 1,
    });
    logger.info('c', proxy);
    logger.info(unprintable as unknown as string, null as unknown as Record<string, unknown>);
    logger.error('d', new Error('given as fields') as unknown as Record<string, unknown>);
    const [a, b, c, odd, d] = lines(text());
    expect(a).toMatchObject({
      circular: { self: '[circular]' },
      big: '10',
      fn: '[function]',
      nan: 'NaN',
      proxy: '[unreadable]',
    });
    expect(b).toMatchObject({ bad: '[unreadable]', good: 1 });
    expect(c).toMatchObject({ fields: '[unreadable]' });
    expect(odd).toMatchObject({ message: '[unreadable]' });
    expect(d).toMatchObject({ error: { message: 'given as fields' } });
  });

  it('size: a 10 MB field and 10,000 members → a bounded line', () => {
    const { logger, text } = capture();
    logger.info('big', { text: 'x'.repeat(10_000_000), list: Array.from({ length: 10_000 }, (_, i) => i) });
    expect(text().length).toBeLessThan(20_000);
    expect(lines(text())[0]?.text).toMatch(/… \(10000000 characters\)$/);
  });

  it('a reader that has gone → no throw, the process lives', () => {
    const stream = new PassThrough();
    const logger = createLogger({ level: 'info', format: 'json', stream });
    stream.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(() => logger.info('into the void')).not.toThrow();
  });

  it('silentLogger: any call → nothing, also from its children', () => {
    expect(() => silentLogger.child({ goalId: 'g' }).error('x')).not.toThrow();
  });
});

describe('redaction in log lines', () => {
  const canary = 'canary-9f2c/with "quotes"';

  it.each(['json', 'pretty'] as const)(
    '%s: secrets in message, fields, stacks and nested errors → none shown',
    (format) => {
      redactSecrets([canary, undefined, '']);
      const { logger, text } = capture({ format });
      const cause = Object.assign(new Error(`refused postgres://app:s3cr3t-pw@db/x by ${canary}`), {
        config: { headers: { authorization: 'Bearer abcdefghijk' } },
      });
      logger.error(`key sk-ant-api03-AAAABBBBCCCC failed ${canary}`, {
        error: new AggregateError([new Error('sk-ant-api03-INNERINNER')], 'outer', { cause }),
        apiKey: 'plain-key-1',
        nested: { deep: { password: 'plain-pass-2', list: [{ token: 'plain-token-3' }] } },
        url: `https://x/?q=${encodeURIComponent(canary)}`,
        text: 'api_key=abc123def "password": "hunter22" Authorization: Basic dXNlcjpwYXNz',
      });
      const output = text();
      const secrets = [
        'AAAABBBB',
        'INNERINNER',
        's3cr3t-pw',
        'abcdefghijk',
        'plain-key-1',
        'plain-pass-2',
        'plain-token-3',
      ];
      for (const secret of [...secrets, 'canary-9f2c', 'abc123def', 'hunter22', 'dXNlcjpwYXNz']) {
        expect(output).not.toContain(secret);
      }
      expect(output).toContain('postgres://app:[redacted]@db/x');
      expect(output).toContain('[redacted]');
    },
  );
});
