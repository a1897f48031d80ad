/** The breaker per model that all processes share. Host side. */
import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { modelGates } from './schema.ts';
import type { GatePass, Store } from './store.ts';

/** All tenants share the API key, and so the gate. */
const EVERYONE = '*';

/** The store's `gates`. A blocked gate lets one caller per probe interval through, counted from the last block or probe. */
export function createGates(database: Database): Store['gates'] {
  return {
    pass: (model, probeIntervalMs) => pass(database, model, probeIntervalMs),
    block: (model, blockMs) => block(database, model, blockMs),
    async clear(model) {
      await database.run((statements) =>
        statements.execute(sql`delete from ${modelGates} where tenant = ${EVERYONE} and model = ${model}`),
      );
    },
  };
}

async function pass(database: Database, model: string, probeIntervalMs: number): Promise<GatePass> {
  const interval = sql`make_interval(secs => ${probeIntervalMs / 1_000}::float8)`;
  const { rows } = await database.run((statements) =>
    statements.execute<{ probing: boolean; open_in: number; probe_in: number }>(sql`
      with probe as (
        update ${modelGates} set probed_at = now()
        where tenant = ${EVERYONE} and model = ${model}
          and blocked_until > now() and probed_at + ${interval} <= now()
        returning 1
      )
      select exists(select 1 from probe) as probing,
        (extract(epoch from blocked_until - now()) * 1000)::float8 as open_in,
        (extract(epoch from probed_at + ${interval} - now()) * 1000)::float8 as probe_in
      from ${modelGates} where tenant = ${EVERYONE} and model = ${model}`),
  );
  const [gate] = rows;
  if (gate?.probing) return { open: true, probe: true };
  if (gate === undefined || gate.open_in <= 0) return { open: true, probe: false };
  // Not above zero: another caller took this probe while we waited for the row.
  const probeInMs = gate.probe_in > 0 ? gate.probe_in : probeIntervalMs;
  return { open: false, retryInMs: Math.max(1, Math.ceil(Math.min(probeInMs, gate.open_in))) };
}

async function block(database: Database, model: string, blockMs: number): Promise<void> {
  const until = sql`now() + make_interval(secs => ${blockMs / 1_000}::float8)`;
  await database.run((statements) =>
    statements.execute(sql`
      insert into ${modelGates} as g (tenant, model, blocked_until, probed_at) values (${EVERYONE}, ${model}, ${until}, now())
      on conflict (tenant, model) do update
        set blocked_until = greatest(g.blocked_until, excluded.blocked_until), probed_at = excluded.probed_at`),
  );
}
