/** Keeps the record of a running instance up to date on disk, one write after the other. Host side. */
import { type InstanceRecord, writeInstance } from './record.ts';

export interface RecordKeeper {
  /** Merges the changes in and returns when they are on disk. */
  update(change: Partial<Omit<InstanceRecord, 'servers'>>): Promise<void>;
  /** The same for one server's process. */
  setServer(name: keyof InstanceRecord['servers'], identity: InstanceRecord['servers']['temporal']): Promise<void>;
}

/** Writes the first record and returns its keeper. */
export async function keepRecord(dir: string, first: InstanceRecord): Promise<RecordKeeper> {
  let record = first;
  let last: Promise<unknown> = Promise.resolve();
  const write = async (): Promise<void> => {
    const mine = last.then(() => writeInstance(dir, record));
    last = mine.catch(() => undefined);
    await mine;
  };
  await write();
  return {
    update: async (change) => {
      record = { ...record, ...change };
      await write();
    },
    setServer: async (name, identity) => {
      record = { ...record, servers: { ...record.servers, [name]: identity } };
      await write();
    },
  };
}
