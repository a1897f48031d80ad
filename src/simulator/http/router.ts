/** The simulator's routes and what every call must bring. Host side. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ApiProblem, notFound } from '../api-error.ts';
import type { BatchStore } from '../batches.ts';
import { batchCollection, oneBatch } from '../batches-route.ts';
import type { Context } from '../context.ts';
import { countTokens } from '../messages/count-route.ts';
import { createMessage } from '../messages/create-route.ts';
import { listModels, retrieveModel } from '../models-route.ts';
import type { Call } from './call.ts';
import { authProblem, headersOf, readBody, versionProblem } from './read-call.ts';
import { type RouteAnswer, sendAnswer, sendError } from './respond.ts';

interface Route {
  readonly pattern: RegExp;
  readonly methods: readonly string[];
  /** Undefined when it has sent the response itself. */
  readonly run: (call: Call, groups: readonly (string | undefined)[]) => RouteAnswer | Promise<undefined>;
}

/** All routes; the first whose pattern matches the path answers. */
export function routesOf(context: Context, batches: BatchStore): readonly Route[] {
  const batch: Route['run'] = (call, groups) => oneBatch(batches, call, groups);
  return [
    { pattern: /^\/v1\/messages$/, methods: ['POST'], run: (call) => createMessage(context, call) },
    { pattern: /^\/v1\/messages\/count_tokens$/, methods: ['POST'], run: (call) => countTokens(context, call) },
    { pattern: /^\/v1\/messages\/batches$/, methods: ['GET', 'POST'], run: (call) => batchCollection(batches, call) },
    { pattern: /^\/v1\/messages\/batches\/([^/]+)\/(results)$/, methods: ['GET'], run: batch },
    { pattern: /^\/v1\/messages\/batches\/([^/]+)\/(cancel)$/, methods: ['POST'], run: batch },
    { pattern: /^\/v1\/messages\/batches\/([^/]+)$/, methods: ['GET', 'DELETE'], run: batch },
    { pattern: /^\/v1\/models$/, methods: ['GET'], run: (call) => listModels(context, call) },
    { pattern: /^\/v1\/models\/([^/]+)$/, methods: ['GET'], run: (_call, [id = '']) => retrieveModel(context, id) },
  ];
}

function goneSignal(response: ServerResponse, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  closing.addEventListener('abort', leave);
  response.once('close', () => {
    closing.removeEventListener('abort', leave);
    if (!response.writableFinished) leave();
  });
  return gone.signal;
}

function methodProblem(route: Route | undefined, method: string): ApiProblem | undefined {
  if (!route) return notFound('Not found');
  if (route.methods.includes(method)) return undefined;
  return { status: 405, type: 'invalid_request_error', message: 'Method Not Allowed' };
}

/** A call that is refused at the door counts as a request all the same. */
function logRefused(
  { log }: Context,
  refused: { requestId: string; headers: Record<string, string>; problem: ApiProblem },
): void {
  const key = refused.headers['idempotency-key'] ?? '';
  const entry = log.open({ id: refused.requestId, key, batch: false });
  entry.status = refused.problem.status;
  log.close(entry, 'error');
}

/** Handles one HTTP request; rejects only when the client leaves while it sends. */
export async function handleRequest(
  context: Context,
  routes: readonly Route[],
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator');
  const headers = headersOf(request);
  const requestId = context.nextId('req');
  const gone = goneSignal(response, context.closing);
  response.setHeader('request-id', requestId);
  response.setHeader('anthropic-organization-id', 'simulated');
  const method = request.method ?? 'GET';
  const { body, problem } = await readBody(request);
  const path = url.pathname;
  const route = routes.find(({ pattern }) => pattern.test(path));
  const refused =
    authProblem(headers, context.validKeys) ?? methodProblem(route, method) ?? versionProblem(headers) ?? problem;
  if (refused || !route) {
    const problem = refused ?? notFound('Not found');
    if (path === '/v1/messages' && method === 'POST') logRefused(context, { requestId, headers, problem });
    return sendError(response, problem, requestId);
  }
  const groups = (route.pattern.exec(path) ?? []).slice(1);
  const call: Call = { method, path, query: url.searchParams, headers, body, response, requestId, gone };
  const answer = await route.run(call, groups);
  if (answer) sendAnswer(response, answer, requestId);
}
