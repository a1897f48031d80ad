import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { endProcess, isAlive, ownIdentity, processIdentity } from '../../src/integrations/instance/process-identity.ts';

async function startShell(script: string) {
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const identity = await processIdentity(child.pid ?? 0);
  if (!identity) throw new Error('the shell has no identity');
  return { child, exited, identity, said: chunk.toString().trim() };
}

describe('process identity', () => {
  it('own process: known → alive', async () => {
    expect(await isAlive(await ownIdentity())).toBe(true);
  });

  it('a pid that nobody has, 0, a negative one → no identity', async () => {
    for (const pid of [0, -1, 2 ** 22 + 1]) expect(await processIdentity(pid)).toBeUndefined();
  });

  it('a reused pid: other start time → not alive, and never signalled', async () => {
    const { child, exited, identity } = await startShell('echo up; exec sleep 60');
    const stranger = { pid: identity.pid, startTime: 'boot:1' };
    expect(await isAlive(stranger)).toBe(false);
    expect(await endProcess(stranger, { graceMs: 1_000 })).toBe('gone');
    expect(await isAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await exited;
    expect(await isAlive(identity)).toBe(false);
  });

  it('a zombie → not alive', async () => {
    // The shell becomes sleep, which never reaps the child that it inherits.
    const { child, exited, said } = await startShell('sleep 0.01 & echo $!; exec sleep 60');
    const pid = Number(said);
    const before = await processIdentity(pid);
    while (await processIdentity(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(process.kill(pid, 0)).toBe(true);
    if (before) expect(await isAlive(before)).toBe(false);
    child.kill('SIGKILL');
    await exited;
  });

  it('ending: a process that obeys → ended; a deaf one → killed', async () => {
    const obeys = await startShell('echo up; exec sleep 60');
    expect(await endProcess(obeys.identity, { graceMs: 10_000 })).toBe('ended');
    const deaf = await startShell("trap '' INT TERM; echo up; while true; do sleep 0.05; done");
    expect(await endProcess(deaf.identity, { graceMs: 100 })).toBe('killed');
    expect(await isAlive(deaf.identity)).toBe(false);
    await Promise.all([obeys.exited, deaf.exited]);
  });
});
