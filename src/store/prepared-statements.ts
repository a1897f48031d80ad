/** Statements that PostgreSQL parses and plans once per connection instead of at every run. Host side. */
import type pg from 'pg';
import { sqlState } from './unavailable.ts';

/** Texts that are prepared; those beyond are not, so that lists of changing lengths cannot fill the server's memory. */
const MAX_PREPARED = 300;

/** Of a text in its statement's name, of 63 bytes at most: it says in `pg_prepared_statements`, and on the wire, what is run. */
const SHOWN = 48;

/** A pool between us and the server mixed up its connections' statements, or a migration changed what they return. */
const UNUSABLE_STATES = new Set(['26000', '42P05', '0A000']);

/** The statements of one database. */
export interface PreparedStatements {
  /** The same pool or connection, whose statements are prepared. */
  on<T extends pg.Pool | pg.PoolClient>(client: T): T;
  /** To be told of every error: nothing is prepared any more once the server cannot take it. */
  failed(error: unknown): void;
}

/** Names are given by text, so that equal statements share one. */
export function prepareStatements(): PreparedStatements {
  const names = new Map<string, string>();
  let usable = true;
  const named = (query: pg.QueryConfig): pg.QueryConfig => {
    const known = names.get(query.text);
    if (!usable || (known === undefined && names.size >= MAX_PREPARED)) return query;
    const name = known ?? `${names.size} ${query.text.trim().slice(0, SHOWN)}`;
    if (known === undefined) names.set(query.text, name);
    return { ...query, name };
  };
  return {
    on: (client) =>
      new Proxy(client, {
        get(target, member) {
          const value: unknown = Reflect.get(target, member, target);
          if (typeof value !== 'function') return value;
          if (member !== 'query') return value.bind(target);
          return (query: pg.QueryConfig, values?: unknown[]) => target.query(named(query), values);
        },
      }),
    failed: (error) => {
      if (UNUSABLE_STATES.has(sqlState(error) ?? '')) usable = false;
    },
  };
}
