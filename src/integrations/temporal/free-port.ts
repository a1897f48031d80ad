/** Free ports on the loopback interface. Host side. */
import { createServer } from 'node:net';

/** `preferred` when it is free and not among `avoid`, else a free port that the system picks. 0: any. */
export async function freePort(preferred: number, avoid: readonly number[] = []): Promise<number> {
  if (preferred !== 0 && !avoid.includes(preferred) && (await bind(preferred)) !== undefined) return preferred;
  for (;;) {
    const port = await bind(0);
    if (port !== undefined && !avoid.includes(port)) return port;
  }
}

/** Binds and lets go; the port that was bound, or undefined when it is taken or not allowed. */
async function bind(port: number): Promise<number | undefined> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
