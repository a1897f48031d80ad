/** The API's cursor pages. Pure. */

/** A page of `items` by `limit`, `after_id` and `before_id`; the shape of the SDK's `Page`. */
export function pageOf<T extends { readonly id: string }>(items: readonly T[], query: URLSearchParams) {
  const limit = Math.min(1_000, Math.max(1, Number(query.get('limit') ?? 20) || 20));
  const after = query.get('after_id');
  const before = query.get('before_id');
  const indexOf = (id: string): number => items.findIndex((item) => item.id === id);
  const from = after === null ? 0 : indexOf(after) + 1;
  const to = before === null || indexOf(before) < 0 ? items.length : indexOf(before);
  const range = items.slice(from, to);
  const data = before === null ? range.slice(0, limit) : range.slice(-limit);
  return {
    data,
    has_more: range.length > data.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}
