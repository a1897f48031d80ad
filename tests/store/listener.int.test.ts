/** The listening connection takes one statement at a time, however many watchers come and go at once. */
import pg from 'pg';
import { clientConfig } from '../../src/store/connection.ts';
import { createListener } from '../../src/store/listener.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-servers.ts';
import { until } from '../support/until.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const CHANNELS = Array.from({ length: 20 }, (_, at) => `channel-${at}`);

describe('listener', () => {
  it('20 watchers at once, half of them leave and come back → one statement at a time, each hears its channel', async () => {
    const prototype = pg.Client.prototype as unknown as { query: (...args: unknown[]) => Promise<unknown> };
    const { query } = prototype;
    let [open, most] = [0, 0];
    prototype.query = async function (...args) {
      open += 1;
      most = Math.max(most, open);
      return query.apply(this, args).finally(() => {
        open -= 1;
      });
    };
    const listener = createListener(database.connection, 'test');
    try {
      const heard: string[] = [];
      const watch = (channel: string) => listener.subscribe(channel, (payload) => heard.push(`${channel} ${payload}`));
      const stops = await Promise.all(CHANNELS.map(watch));
      for (const stop of stops.slice(10)) stop();
      await Promise.all(CHANNELS.slice(10).map(watch));
      expect(most).toBe(1);
      prototype.query = query;
      const sender = new pg.Client(clientConfig(database.connection, 'test'));
      await sender.connect();
      for (const channel of CHANNELS) await sender.query(`notify "${channel}", 'news'`);
      await sender.end();
      await until(() => heard.length === CHANNELS.length, 'every channel is heard');
      expect(heard.sort()).toEqual(CHANNELS.map((channel) => `${channel} news`).sort());
    } finally {
      prototype.query = query;
      await listener.close();
    }
  });
});
