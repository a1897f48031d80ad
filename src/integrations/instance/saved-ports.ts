/** The ports an instance got, so that it has the same ones after a restart. Host side. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomic } from './write-atomic.ts';

const portsSchema = z.strictObject({ port: z.int(), uiPort: z.int() });
const savedSchema = z.strictObject({ wished: portsSchema, got: portsSchema });

/** gRPC and Web UI port of the Temporal server. */
export type TemporalPorts = z.infer<typeof portsSchema>;

/** The ports of last time as long as the wished ones have not changed, else the wished ones. */
export async function preferredPorts(dir: string, wished: TemporalPorts): Promise<TemporalPorts> {
  try {
    const saved = savedSchema.parse(JSON.parse(await readFile(savedPath(dir), 'utf8')));
    const same = saved.wished.port === wished.port && saved.wished.uiPort === wished.uiPort;
    return same ? saved.got : wished;
  } catch {
    return wished;
  }
}

/** Notes which ports were got for the wished ones. */
export async function savePorts(dir: string, wished: TemporalPorts, got: TemporalPorts): Promise<void> {
  await writeAtomic(savedPath(dir), JSON.stringify({ wished, got }));
}

function savedPath(dir: string): string {
  return join(dir, 'ports.json');
}
