/** `GET /v1/models` and `GET /v1/models/:id`. Host side. */
import { notFound } from './api-error.ts';
import type { Context } from './context.ts';
import type { Call } from './http/call.ts';
import { pageOf } from './http/page.ts';
import type { RouteAnswer } from './http/respond.ts';
import { modelInfo } from './models.ts';

/** Lists the known models, newest first. All are active. */
export function listModels(context: Context, call: Call): RouteAnswer {
  const wanted = [...call.query.getAll('lifecycle'), ...call.query.getAll('lifecycle[]')];
  const all = Object.entries(context.models).map(([id, size]) => modelInfo(id, size));
  const models = all.filter((model) => wanted.length === 0 || wanted.includes(model.lifecycle));
  return { json: pageOf(models, call.query) };
}

/** One model. */
export function retrieveModel(context: Context, id: string): RouteAnswer {
  const size = Object.hasOwn(context.models, id) ? context.models[id] : undefined;
  return size ? { json: modelInfo(id, size) } : notFound(`model: ${id}`);
}
