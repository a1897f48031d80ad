import { redactFields, redactSecrets, redactText } from '../../src/monitoring/redact.ts';

describe('redactText', () => {
  it.each([
    ['key sk-ant-api03-abcDEF_123-x', 'key [redacted]'],
    ['Authorization: Bearer abc.def-ghi', 'Authorization: [redacted]'],
    ['sent bearer abcdef123', 'sent bearer [redacted]'],
    ['postgres://user:p%40ss@host:5432/db', 'postgres://user:[redacted]@host:5432/db'],
    ['redis://:secret@host', 'redis://:[redacted]@host'],
    ['jwt eyJhbGciOiJI.eyJzdWIiOiIx.abc-_def', 'jwt [redacted]'],
    ['ghp_abcdefghij0123456789 AKIAABCDEFGHIJKLMNOP', '[redacted] [redacted]'],
    ['{"api_key":"abc123","a":1}', '{"api_key":"[redacted]","a":1}'],
    ['{\\"clientSecret\\": \\"abc123\\"}', '{\\"clientSecret\\": \\"[redacted]\\"}'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', '[redacted]'],
  ])('secret form: %s → %s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it.each([
    'the token budget is 5 tokens',
    'http://127.0.0.1:8233/namespaces',
    'task a-b_c at 12:30',
    'a secret of success',
  ])('ordinary text: %s → unchanged', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it('registered values: any place → gone, the longest first; very short ones → not looked for', () => {
    redactSecrets(['tenant-pass', 'tenant-pass-longer', 'ab']);
    expect(redactText('x tenant-pass-longer y tenant-pass z ab')).toBe('x [redacted] y [redacted] z ab');
  });

  it('registered values: characters that mean something to a regular expression → taken literally', () => {
    redactSecrets(['a.b*c(d)[e]$^|?+{}']);
    expect(redactText('see a.b*c(d)[e]$^|?+{} and aXb*c')).toBe('see [redacted] and aXb*c');
  });

  it.each(['a://', 'Bearer ', 'password=', '-----BEGIN ', 'eyJaaaaaaaa.', 'secret:  '])(
    'hostile text, %s 64 KiB long: → linear, done before the test runner gives up',
    (part) => {
      expect(redactText(part.repeat(Math.ceil(65_536 / part.length))).length).toBeGreaterThan(0);
    },
  );
});

describe('redactFields', () => {
  it('names of secrets at every depth, also in lists and with dashes → replaced; the input is not touched', () => {
    const input = { token: 't', a: { 'x-api-key': 'k', b: [{ c: { password: 'p' } }] }, keep: 'me' };
    const copy = structuredClone(input);
    expect(redactFields(input)).toEqual({
      token: '[redacted]',
      a: { 'x-api-key': '[redacted]', b: [{ c: { password: '[redacted]' } }] },
      keep: 'me',
    });
    expect(input).toEqual(copy);
  });
});
