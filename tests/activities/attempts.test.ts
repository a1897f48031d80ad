/** Attempts at one call in one process: who waits, who gives up, and when the work itself is ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ActivityCancellationDetails } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { type Attempts, createAttempts } from '../../src/activities/attempts.ts';
import { until } from '../support/until.ts';

/** Work that ends when told to, or so long after its signal; and how often it was begun. */
function work(endMs = 20) {
  const seen = { begun: 0, ended: false, signal: undefined as AbortSignal | undefined };
  let finish = (_answer: string) => {};
  const run = (signal: AbortSignal): Promise<string> => {
    seen.begun += 1;
    seen.signal = signal;
    return new Promise((resolve, reject) => {
      finish = resolve;
      signal.addEventListener('abort', () => sleep(endMs).then(() => reject(signal.reason)), { once: true });
    }).finally(() => {
      seen.ended = true;
    }) as Promise<string>;
  };
  return { seen, run, finish: (answer: string) => finish(answer) };
}

/** One attempt at the call of a turn. */
function attempt(attempts: Attempts, run: (signal: AbortSignal) => Promise<string>, turn = 1) {
  const environment = new MockActivityEnvironment();
  const answer = environment.run(() => attempts.run({ goalId: 'g', taskId: 't', turn }, run)) as Promise<string>;
  answer.catch(() => undefined);
  return {
    answer,
    giveUp: (by: 'timedOut' | 'notFound') =>
      environment.cancel('TIMED_OUT', new ActivityCancellationDetails({ [by]: true })),
    cancel: () => environment.cancel('CANCELLED', new ActivityCancellationDetails({ cancelRequested: true })),
  };
}

describe('attempts', () => {
  it.each(['timedOut', 'notFound'] as const)(
    'given up (%s), then the next → it has the answer of the first; one request',
    async (by) => {
      const { seen, run, finish } = work();
      const attempts = createAttempts();
      const first = attempt(attempts, run);
      first.giveUp(by);
      await expect(first.answer).rejects.toThrow('TIMED_OUT');
      const second = attempt(attempts, run);
      finish('paid once');
      expect(await second.answer).toBe('paid once');
      expect([seen.begun, seen.signal?.aborted]).toEqual([1, false]);
    },
  );

  it('the next comes before the first is given up → likewise', async () => {
    const { seen, run, finish } = work();
    const attempts = createAttempts(10);
    const [first, second] = [attempt(attempts, run), attempt(attempts, run)];
    first.giveUp('timedOut');
    await expect(first.answer).rejects.toThrow('TIMED_OUT');
    await sleep(50);
    finish('paid once');
    expect(await second.answer).toBe('paid once');
    expect(seen.begun).toBe(1);
  });

  it('given up, and no next one in time → the work is ended', async () => {
    const { seen, run } = work();
    const only = attempt(createAttempts(50), run);
    only.giveUp('timedOut');
    await expect(only.answer).rejects.toThrow('TIMED_OUT');
    expect(seen.signal?.aborted).toBe(false);
    await sleep(100);
    expect([seen.signal?.aborted, seen.ended]).toEqual([true, true]);
  });

  it('the next one comes while the work is ending → it begins anew', async () => {
    const attempts = createAttempts(0);
    const old = work(500);
    const first = attempt(attempts, old.run);
    first.giveUp('timedOut');
    await until(() => old.seen.signal?.aborted === true);
    expect(old.seen.ended).toBe(false);
    const anew = work();
    const second = attempt(attempts, anew.run);
    await until(() => old.seen.ended);
    const third = attempt(attempts, anew.run);
    anew.finish('anew');
    expect([await second.answer, await third.answer, anew.seen.begun]).toEqual(['anew', 'anew', 1]);
  });

  it('cancelled → the work is ended at once, and its end is waited for', async () => {
    const { seen, run } = work();
    const only = attempt(createAttempts(), run);
    only.cancel();
    expect(seen.signal?.aborted).toBe(true);
    await expect(only.answer).rejects.toThrow('CANCELLED');
    expect(seen.ended).toBe(true);
  });

  it('given up, its next one cancelled → the work is ended at once', async () => {
    const { seen, run } = work();
    const attempts = createAttempts();
    attempt(attempts, run).giveUp('timedOut');
    const second = attempt(attempts, run);
    second.cancel();
    await expect(second.answer).rejects.toThrow('CANCELLED');
    expect(seen.ended).toBe(true);
  });

  it('failed → the next one begins anew; other calls are others', async () => {
    const attempts = createAttempts();
    const no = () => Promise.reject(new Error('no'));
    await expect(attempt(attempts, no).answer).rejects.toThrow('no');
    const [again, other] = [work(), work()];
    const [second, third] = [attempt(attempts, again.run), attempt(attempts, other.run, 2)];
    again.finish('again');
    other.finish('other');
    expect([await second.answer, await third.answer]).toEqual(['again', 'other']);
  });
});
