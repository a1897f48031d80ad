/** Takes secrets out of texts and fields: known values, well-known forms, and fields by their path. Host side. */
import slowRedact from '@pinojs/redact';

const REDACTED = '[redacted]';
/** Values shorter than this are not looked for: replacing them would shred ordinary text. */
const MIN_SECRET_LENGTH = 6;
/** How deep fields are copied; every level is covered by the paths below. */
export const MAX_FIELD_DEPTH = 4;

const known = new Set<string>();
let knownPattern: RegExp | undefined;

/** Registers secret values (keys, passwords, whole URLs); from now on no log line of this process shows them. */
export function redactSecrets(values: readonly (string | undefined)[]): void {
  for (const value of values) {
    if (value === undefined || value.length < MIN_SECRET_LENGTH) continue;
    const forms = [value, encodeURIComponent(value.toWellFormed()), JSON.stringify(value).slice(1, -1)];
    for (const form of forms) known.add(form);
  }
  const longestFirst = [...known].sort((a, b) => b.length - a.length);
  const source = longestFirst.map((value) => value.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('|');
  knownPattern = source === '' ? undefined : new RegExp(source, 'g');
}

/** Each pattern takes time linear in the text. `$1` keeps what names the secret. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [
    /((?:api[_-]?key|access[_-]?token|auth[_-]?token|refresh[_-]?token|client[_-]?secret|secret|password|passwd|pwd|authorization)\\?["']?\s{0,5}[:=]\s{0,5}\\?["']?)(?!\[redacted\])(?:(?:Bearer|Basic)\s{1,5})?[^\s"'\\,;&)}\]]{3,}/gi,
    `$1${REDACTED}`,
  ],
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?/g, REDACTED],
  [/\bsk-[A-Za-z0-9_-]{8,}/g, REDACTED],
  [/\b(Bearer|Basic)\s{1,5}[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  [/\b([a-z][a-z0-9+.-]{1,30}:\/\/[^\s:/?#@"']{0,200}):[^\s/?#"']{1,500}@/gi, `$1:${REDACTED}@`],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g, REDACTED],
  [
    /\b(?:gh[opsur]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|xox[abprs]-[A-Za-z0-9-]{8,}|AKIA[A-Z0-9]{16})/g,
    REDACTED,
  ],
];

/** The text without secrets. */
export function redactText(text: string): string {
  let result = knownPattern ? text.replace(knownPattern, REDACTED) : text;
  for (const [pattern, replacement] of PATTERNS) result = result.replace(pattern, replacement);
  return result;
}

const SECRET_FIELDS = [
  'apiKey',
  'api_key',
  'x-api-key',
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'DATABASE_URL',
  'databaseUrl',
  'authorization',
  'Authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'password',
  'passwd',
  'secret',
  'clientSecret',
  'token',
  'authToken',
  'accessToken',
  'refreshToken',
  'privateKey',
];

function secretPaths(): string[] {
  return Array.from({ length: MAX_FIELD_DEPTH + 1 }, (_, depth) => '*.'.repeat(depth + 1)).flatMap((prefix) =>
    SECRET_FIELDS.map((name) => (name.includes('-') ? `${prefix.slice(0, -1)}["${name}"]` : prefix + name)),
  );
}

const byPath = slowRedact({ paths: secretPaths(), censor: REDACTED, serialize: false, strict: false });

/** The fields (plain data, at most `MAX_FIELD_DEPTH` deep) with those that hold secrets by name replaced. */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  // One level down, because the copy that comes back carries a method of its own.
  return (byPath({ fields }) as { fields: Record<string, unknown> }).fields;
}
