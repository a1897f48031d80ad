/** Worker processes that are killed and replaced at once, as a supervisor would. Integration tests only. */
import type { System } from './system.ts';
import { type Machine, startUp, type UpProcess } from './up-process.ts';

/** Some worker processes. */
export interface Herd {
  readonly members: readonly UpProcess[];
  /** SIGKILL, then another in its place; resolves when that one is ready. */
  replace(member: UpProcess | undefined): Promise<void>;
  end(): Promise<void>;
}

/** Starts `size` worker processes on the system. */
export async function startHerd(system: System, size: number, machine?: Machine): Promise<Herd> {
  const start = () => startUp(system, 'sk-ant-test', machine);
  const members = await Promise.all(Array.from({ length: size }, start));
  return {
    members,
    async replace(member) {
      const at = member === undefined ? -1 : members.indexOf(member);
      if (member === undefined || at < 0) throw new Error('no such worker process');
      await member.end('SIGKILL');
      members[at] = await start();
    },
    async end() {
      await Promise.all(members.map((member) => member.end('SIGKILL')));
    },
  };
}
