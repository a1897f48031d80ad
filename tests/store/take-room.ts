/** Takes room as a model call does, without the call: `take_capacity` of the database by itself. Tests only. */
import pg from 'pg';
import type { CapacityCall, CapacityPass, CapacityPlace, CapacityRules } from '../../src/store/capacity-types.ts';
import { clientConfig, type StoreConnection } from '../../src/store/connection.ts';

export type Room = ({ readonly open: true } & CapacityPass) | ({ readonly open: false } & CapacityPlace);

/** A process of its own, as far as the database can see. */
export interface RoomTaker {
  take(call: CapacityCall, rules: CapacityRules): Promise<Room>;
  close(): Promise<void>;
}

/** Connects on first use. */
export function roomTaker(connection: StoreConnection): RoomTaker {
  const pool = new pg.Pool({ ...clientConfig(connection, 'room'), max: 10 });
  // Its server is stopped at the end of a file; without a listener that would be an error of nobody.
  pool.on('error', () => undefined);
  return {
    async take({ model, id, priority, weight, inputTokens, outputTokens }, { probeIntervalMs, limits }) {
      const { requestsPerSecond, requestsPerMinute, inputTokensPerMinute, outputTokensPerMinute } = limits;
      const { rows } = await pool.query(
        'select * from orchestrator.take_capacity($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)',
        [
          ...[model, id.tenant, id.goalId, id.taskId, priority, weight, inputTokens, outputTokens],
          ...[probeIntervalMs / 1_000, requestsPerSecond, requestsPerMinute],
          ...[inputTokensPerMinute, outputTokensPerMinute],
        ],
      );
      const { open, probe, watched, calm, announce, wait_s } = rows[0];
      return open ? { open, probe, watched, calm } : { open, retryInMs: Math.ceil(wait_s * 1_000), announce };
    },
    close: () => pool.end(),
  };
}
