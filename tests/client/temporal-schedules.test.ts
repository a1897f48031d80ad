/** Looks at schedules: the server's answer may be lost, and is asked for again. */
import type { Client } from '@temporalio/client';
import { temporalSchedules } from '../../src/client/schedules/temporal-schedules.ts';

/** An error as the line to the server gives it. */
function grpcError(code: number): Error {
  return Object.assign(new Error(`code ${code}`), { code, details: '', metadata: {} });
}

/** A server that answers looks one after the other. */
function scripted(answers: readonly (Error | object)[]) {
  const left = [...answers];
  const waits: number[] = [];
  const describe = async () => {
    const answer = left.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const client = {
    withDeadline(deadline: number, work: () => Promise<unknown>) {
      waits.push(deadline - Date.now());
      return work();
    },
    schedule: { getHandle: () => ({ describe }) },
  };
  const { describe: look } = temporalSchedules(client as unknown as Client, 'queue');
  return { look: () => look('default', 'weekly'), left, waits };
}

describe('a look at a schedule', () => {
  it('no answer in time, once by our clock and once by the server’s → asked again, each time for a fifth of the whole', async () => {
    const facts = { scheduleId: 'weekly' };
    const { look, waits } = scripted([grpcError(4), grpcError(1), facts]);
    expect(await look()).toBe(facts);
    const [whole = 0, ...each] = waits;
    expect(each).toHaveLength(3);
    for (const one of each) expect(Math.round(whole / one)).toBe(5);
  });

  it('never an answer → temporal.unavailable after five times', async () => {
    const { look, left } = scripted(Array.from({ length: 6 }, () => grpcError(4)));
    await expect(look()).rejects.toMatchObject({ code: 'temporal.unavailable' });
    expect(left).toHaveLength(1);
  });

  it('refused → not asked again', async () => {
    const { look, left } = scripted([grpcError(7), grpcError(7)]);
    await expect(look()).rejects.toMatchObject({ code: 'temporal.unavailable' });
    expect(left).toHaveLength(1);
  });
});
