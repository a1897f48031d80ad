/** Reads and admits an HTTP request: body, key, version header. Host side. */
import type { IncomingMessage } from 'node:http';
import { type ApiProblem, invalid } from '../api-error.ts';

/** The API's limit for a request body. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** Headers by lower-case name, repeated ones joined. */
export function headersOf(request: IncomingMessage): Record<string, string> {
  const entries = Object.entries(request.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ]);
  return Object.fromEntries(entries);
}

/** Who may call: any key, or one of `validKeys`; sent as `x-api-key` or `Authorization: Bearer`. */
export function authProblem(headers: Record<string, string>, validKeys?: readonly string[]): ApiProblem | undefined {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  const key = headers['x-api-key'] ?? bearer;
  const type = 'authentication_error';
  if (!key) return { status: 401, type, message: 'x-api-key header is required' };
  if (!validKeys || validKeys.includes(key)) return undefined;
  return { status: 401, type, message: headers['x-api-key'] ? 'invalid x-api-key' : 'Invalid bearer token' };
}

/** The `anthropic-version` header. */
export function versionProblem(headers: Record<string, string>): ApiProblem | undefined {
  const version = headers['anthropic-version'];
  if (!version) return invalid('anthropic-version: header is required');
  return /^\d{4}-\d{2}-\d{2}$/.test(version)
    ? undefined
    : invalid(`anthropic-version: "${version}" is not a valid version`);
}

/** The parsed JSON body, undefined when empty. Rejects when the client leaves while sending. */
export async function readBody(request: IncomingMessage): Promise<{ body?: unknown; problem?: ApiProblem }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BODY_BYTES) {
    return { problem: { status: 413, type: 'request_too_large', message: 'Request exceeds the maximum size' } };
  }
  if (bytes === 0) return {};
  try {
    return { body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown };
  } catch {
    return { problem: invalid('The request body is not valid JSON') };
  }
}
