/** `POST /v1/messages`. Host side. */
import type { ServerResponse } from 'node:http';
import type { Context } from '../context.ts';
import type { ErrorReply, RawReply, SimulatedRequest } from '../contract.ts';
import type { Call } from '../http/call.ts';
import { sendError } from '../http/respond.ts';
import type { Outcome, RequestEntry } from '../request-log.ts';
import { wait } from '../wait.ts';
import { type Answer, answerRequest } from './answer.ts';
import { sendJson } from './send-json.ts';
import { sendStream } from './send-stream.ts';

function latencyMs(context: Context, request: SimulatedRequest, asked: number | undefined): number {
  if (asked !== undefined) return asked;
  return typeof context.latency === 'number' ? context.latency : context.latency(request);
}

function sendReply(response: ServerResponse, reply: ErrorReply | RawReply, entry: RequestEntry): Outcome {
  entry.status = reply.status;
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.kind === 'error') sendError(response, reply, entry.id);
  else response.writeHead(reply.status).end(reply.body);
  return reply.kind === 'error' ? 'error' : 'faulted';
}

async function sendMessage(
  call: Call,
  answer: Extract<Answer, { kind: 'message' }>,
  entry: RequestEntry,
): Promise<Outcome> {
  const { reply, built, request } = answer;
  const { response, gone } = call;
  answer.begin();
  entry.status = 200;
  response.statusCode = 200;
  const requestId = reply.distortion?.requestId ?? entry.id;
  response.setHeader('request-id', requestId);
  return request.params.stream
    ? sendStream(response, built, { reply, gone, requestId })
    : sendJson(response, built, { reply, gone });
}

async function respond(context: Context, call: Call, entry: RequestEntry): Promise<Outcome> {
  const answer = await answerRequest(context, { body: call.body, headers: call.headers, entry });
  if (answer.kind === 'problem') {
    entry.status = answer.problem.status;
    sendError(call.response, answer.problem, entry.id);
    return 'error';
  }
  await wait(latencyMs(context, answer.request, answer.reply.latencyMs), call.gone);
  if (call.gone.aborted) return 'aborted';
  return answer.kind === 'reply' ? sendReply(call.response, answer.reply, entry) : sendMessage(call, answer, entry);
}

/** A brain that throws is a mistake in a script: the client gets a 500, the simulator remembers it. */
function scriptError(context: Context, call: Call, error: unknown): Outcome {
  const cause = error instanceof Error ? error : new Error(String(error));
  context.scriptErrors.push(cause);
  if (call.response.headersSent) {
    call.response.destroy();
    return 'script-error';
  }
  call.response.setHeader('x-should-retry', 'false');
  sendError(
    call.response,
    { status: 500, type: 'api_error', message: `Simulator script: ${cause.message}` },
    call.requestId,
  );
  return 'script-error';
}

/** Answers one call; never rejects. */
export async function createMessage(context: Context, call: Call): Promise<undefined> {
  const key = call.headers['idempotency-key'] ?? '';
  const entry = context.log.open({ id: call.requestId, key, batch: false });
  const model = String((call.body as { model?: unknown } | undefined)?.model ?? '');
  const { headers, retryAfterS } = context.limiter.takeRequest(model);
  for (const [name, value] of Object.entries(headers)) call.response.setHeader(name, value);
  if (retryAfterS !== undefined) {
    entry.status = 429;
    const message = `This request would exceed the simulated rate limit for ${model}. Try again in ${retryAfterS} s.`;
    sendError(call.response, { status: 429, type: 'rate_limit_error', message }, entry.id);
    context.log.close(entry, 'error');
    return undefined;
  }
  const outcome = await respond(context, call, entry).catch((error: unknown) => {
    entry.status = 500;
    return scriptError(context, call, error);
  });
  context.log.close(entry, outcome);
  return undefined;
}
