import { existsSync } from 'node:fs';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { clientConfig, type StoreConnection } from '../../src/store/connection.ts';
import { createTestDatabase, testTemporal, workflowBundlePath } from './test-servers.ts';

async function rows(connection: StoreConnection, statement: string): Promise<unknown[]> {
  const client = new pg.Client(clientConfig(connection, 'test'));
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

describe('test servers', () => {
  it('two databases → each empty and by itself; dropped → gone', async () => {
    const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    try {
      await rows(one.connection, 'CREATE TABLE only_here (id int)');
      const tables = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`;
      expect(await rows(one.connection, tables)).toEqual([{ table_name: 'only_here' }]);
      expect(await rows(two.connection, tables)).toEqual([]);
    } finally {
      await Promise.all([one.drop(), two.drop()]);
    }
    await expect(rows(one.connection, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
  });

  it('the dev server → answers, with a queue of its own for each caller and a bundle beside it', async () => {
    const [first, second] = [testTemporal(), testTemporal()];
    const connection = await Connection.connect({ address: first.address });
    try {
      const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace: first.namespace });
      expect(namespaceInfo?.name).toBe(first.namespace);
    } finally {
      await connection.close();
    }
    expect(first.taskQueue).not.toBe(second.taskQueue);
    expect(existsSync(workflowBundlePath())).toBe(true);
  });
});
