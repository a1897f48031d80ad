/** Sends JSON and error responses. Host side. */
import type { ServerResponse } from 'node:http';
import { type ApiProblem, errorBody } from '../api-error.ts';

/** What a plain route answers: a JSON body, JSON lines, or a refusal. */
export type RouteAnswer = { readonly json: unknown } | { readonly jsonLines: readonly unknown[] } | ApiProblem;

/** A JSON response; headers set before are kept. */
export function sendJsonBody(response: ServerResponse, status: number, body: unknown): void {
  response.setHeader('content-type', 'application/json');
  response.writeHead(status).end(JSON.stringify(body));
}

/** An error response of the API. */
export function sendError(
  response: ServerResponse,
  error: ApiProblem & { readonly code?: string },
  requestId: string,
): void {
  sendJsonBody(response, error.status, errorBody(error, requestId));
}

/** Sends what a plain route answered. */
export function sendAnswer(response: ServerResponse, answer: RouteAnswer, requestId: string): void {
  if ('json' in answer) sendJsonBody(response, 200, answer.json);
  else if ('status' in answer) sendError(response, answer, requestId);
  else {
    response.setHeader('content-type', 'application/x-jsonl');
    response.writeHead(200).end(answer.jsonLines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
}
