/** Sends statements of fixed text as they are: at those of every call and every goal a builder would be the larger part. Host side. */
import type { Statements } from './database.ts';

/** Runs `text` with its values ($1 and so on) and gives the rows. Columns come as `pg` reads them; undefined is null. */
export async function ask<Row extends object>(
  statements: Statements,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  const { rows } = await statements.$client.query<Row>({ text, values: [...values] });
  return rows;
}
