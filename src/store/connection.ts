/** How a process reaches the store's database, and the options of a `pg` client for it. Host side. */
import type { ClientConfig } from 'pg';

/** A URL (`postgres://…`), or a unix socket's folder. Times out after 10 s when nobody answers. */
export type StoreConnection =
  | { readonly url: string }
  | {
      readonly socketDir: string;
      readonly port: number;
      readonly user: string;
      readonly database: string;
      readonly password?: string;
    };

/** Options of a `pg` client or pool for a connection. */
export function clientConfig(connection: StoreConnection, applicationName: string): ClientConfig {
  const common = { application_name: applicationName, keepAlive: true, connectionTimeoutMillis: 10_000 };
  if ('url' in connection) return { ...common, connectionString: connection.url };
  const { socketDir, port, user, database, password } = connection;
  return { ...common, host: socketDir, port, user, database, ...(password === undefined ? {} : { password }) };
}
