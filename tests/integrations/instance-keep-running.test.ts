import { keepRunning, type RunningServer, type ServerEvent } from '../../src/integrations/instance/keep-running.ts';

interface FakeServer extends RunningServer {
  die(code: number | null): void;
  stopped: boolean;
}

function fakeServer(): FakeServer {
  let die: (code: number | null) => void = () => undefined;
  const exited = new Promise<number | null>((resolve) => {
    die = resolve;
  });
  const server: FakeServer = {
    exited,
    die,
    stopped: false,
    stop: async () => {
      server.stopped = true;
      die(0);
    },
  };
  return server;
}

/** Collects events; `wait` resolves at the next one of a type. */
function listen() {
  const events: ServerEvent[] = [];
  const waiting: { type: string; resolve: () => void }[] = [];
  return {
    events,
    onEvent: (event: ServerEvent) => {
      events.push(event);
      for (const each of waiting) if (each.type === event.type) each.resolve();
    },
    wait: (type: ServerEvent['type']) => new Promise<void>((resolve) => waiting.push({ type, resolve })),
  };
}

describe('keep running', () => {
  it('the first start fails → thrown, not tried again', async () => {
    let starts = 0;
    const start = async () => {
      starts += 1;
      throw new Error('no');
    };
    await expect(keepRunning({ name: 'x', start, onEvent: () => undefined })).rejects.toThrow('no');
    expect(starts).toBe(1);
  });

  it('a server dies → started again as a restart; stopped → the present one is stopped', async () => {
    const { events, onEvent, wait } = listen();
    const servers: FakeServer[] = [];
    const restarts: boolean[] = [];
    const start = async (restart: boolean) => {
      restarts.push(restart);
      const server = fakeServer();
      servers.push(server);
      return server;
    };
    const kept = await keepRunning({ name: 'x', start, onEvent, backoffMs: [0, 0] });
    const back = wait('server-restart');
    servers[0]?.die(7);
    await back;
    await kept.stop();
    expect(restarts).toEqual([false, true]);
    expect(servers.map(({ stopped }) => stopped)).toEqual([false, true]);
    expect(events).toEqual([
      { type: 'server-exit', server: 'x', code: 7 },
      { type: 'server-restart', server: 'x', attempt: 1 },
    ]);
  });

  it('it does not come back → tried as often as there are waits, then lost with the last error', async () => {
    const { events, onEvent, wait } = listen();
    const first = fakeServer();
    let starts = 0;
    const start = async () => {
      starts += 1;
      if (starts === 1) return first;
      throw new Error(`try ${starts}`);
    };
    const kept = await keepRunning({ name: 'x', start, onEvent, backoffMs: [0, 0, 0] });
    const lost = wait('server-lost');
    first.die(null);
    await lost;
    await kept.stop();
    expect(starts).toBe(4);
    expect(events.at(-1)).toMatchObject({ type: 'server-lost', error: { message: 'try 4' } });
  });

  it('it dies again and again → the tries are used up across its lives', async () => {
    const { events, onEvent, wait } = listen();
    const start = async () => {
      const server = fakeServer();
      server.die(1);
      return server;
    };
    const lost = wait('server-lost');
    const kept = await keepRunning({ name: 'x', start, onEvent, backoffMs: [0, 0] });
    await lost;
    await kept.stop();
    expect(events.filter(({ type }) => type === 'server-restart')).toHaveLength(2);
  });

  it('stopped while it waits for the next try → no further start', async () => {
    const { onEvent, wait } = listen();
    const first = fakeServer();
    let starts = 0;
    const start = async () => {
      starts += 1;
      return first;
    };
    const kept = await keepRunning({ name: 'x', start, onEvent, backoffMs: [600_000] });
    const exit = wait('server-exit');
    first.die(1);
    await exit;
    await kept.stop();
    expect(starts).toBe(1);
  });
});
