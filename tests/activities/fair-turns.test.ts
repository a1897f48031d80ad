import { createFairTurns } from '../../src/activities/fair-turns.ts';
import { until } from '../support/until.ts';

const never = new AbortController().signal;
const calm = { share: 1, alone: 8, calmMs: () => Infinity, activeMs: () => 0 };
const busy = { ...calm, calmMs: () => 0 };
const aMoment = () => new Promise((resolve) => setImmediate(resolve));

/** Work that notes when it begins and ends when it is told to. */
function notes() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string) => () => {
    begun.push(name);
    return new Promise<string>((resolve) => ends.push(() => resolve(name)));
  };
  const endFirst = async () => {
    ends.shift()?.();
    await aMoment();
  };
  return { begun, work, endFirst };
}

describe('fair turns', () => {
  it('one goal with many, another with one later → the other one comes next but one (G17)', async () => {
    const { begun, work, endFirst } = notes();
    const turns = createFairTurns({ ...calm, width: 2 });
    const all = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1'].map((name) => turns.run(name.slice(0, 1), never, work(name)));
    await aMoment();
    expect(begun).toEqual(['a1', 'a2']);
    for (let at = 0; at < 6; at++) await endFirst();
    expect(begun).toEqual(['a1', 'a2', 'a3', 'b1', 'a4', 'a5']);
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'b1']);
  });

  it('aborted while it waits → rejected with the reason, its turn goes to the next; work that fails → likewise', async () => {
    const { begun, work, endFirst } = notes();
    const turns = createFairTurns({ ...calm, width: 1 });
    const abort = new AbortController();
    const first = turns.run('a', never, work('a1'));
    const aborted = turns.run('b', abort.signal, work('b1'));
    const failing = turns.run('c', never, () => Promise.reject(new Error('no')));
    const last = turns.run('a', never, work('a2'));
    abort.abort(new Error('cancelled'));
    await expect(aborted).rejects.toThrow('cancelled');
    await expect(turns.run('d', abort.signal, work('d1'))).rejects.toThrow('cancelled');
    await endFirst();
    await expect(failing).rejects.toThrow('no');
    await endFirst();
    expect(await Promise.all([first, last])).toEqual(['a1', 'a2']);
    expect(begun).toEqual(['a1', 'a2']);
  });

  it('prepared → the next begins, also of the same goal, though the work goes on', async () => {
    const { begun, work, endFirst } = notes();
    const turns = createFairTurns({ ...calm, width: 1 });
    const all = ['a1', 'a2', 'a3'].map((name) =>
      turns.run('a', never, (prepared) => {
        const result = work(name)();
        prepared();
        return result;
      }),
    );
    await aMoment();
    expect(begun).toEqual(['a1', 'a2', 'a3']);
    for (let at = 0; at < 3; at++) await endFirst();
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3']);
  });

  it('busy with one goal alone → as much as a lone goal may have is under way, its share for a while after others have been there', async () => {
    const { begun, work, endFirst } = notes();
    const turns = createFairTurns({ ...busy, width: 8, alone: 2 });
    const all = ['a1', 'a2', 'a3'].map((name) => turns.run('a', never, work(name)));
    await aMoment();
    expect(begun).toEqual(['a1', 'a2']);
    await endFirst();
    expect(begun).toEqual(['a1', 'a2', 'a3']);
    await endFirst();
    await turns.atOnce('b', async () => undefined);
    const from = performance.now();
    all.push(turns.run('a', never, work('a4')));
    await until(() => begun.includes('a4'), 'the last one');
    expect(performance.now() - from).toBeGreaterThan(270);
    for (let at = 0; at < 2; at++) await endFirst();
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  it('busy → a goal has its share under way beside others; not busy any more → what waits begins', async () => {
    const { begun, work, endFirst } = notes();
    let calmMs = 0;
    const turns = createFairTurns({ ...calm, width: 8, share: 2, calmMs: () => calmMs });
    let endOther = (): void => undefined;
    const other = turns.atOnce(
      'b',
      () =>
        new Promise<void>((ended) => {
          endOther = ended;
        }),
    );
    const all = ['a1', 'a2', 'a3', 'a4'].map((name) => turns.run('a', never, work(name)));
    await aMoment();
    expect(begun).toEqual(['a1', 'a2']);
    await endFirst();
    await until(() => begun.length > 2, 'the next one');
    expect(begun).toEqual(['a1', 'a2', 'a3']);
    calmMs = 1;
    await until(() => begun.includes('a4'), 'the last one');
    endOther();
    await other;
    for (let at = 0; at < 3; at++) await endFirst();
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  it('one goal with many, another with as many, a share of two → by turns of two', async () => {
    const { begun, work, endFirst } = notes();
    const turns = createFairTurns({ ...calm, width: 1, share: 2 });
    const names = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'b3', 'b4'];
    const all = names.map((name) => turns.run(name.slice(0, 1), never, work(name)));
    await aMoment();
    for (let at = 0; at < names.length; at++) await endFirst();
    expect(begun).toEqual(['a1', 'a2', 'b1', 'b2', 'a3', 'a4', 'b3', 'b4']);
    expect((await Promise.all(all)).length).toBe(names.length);
  });

  it('a goal that may not go on in its turn → comes after all others (G17)', async () => {
    const { begun, work, endFirst } = notes();
    const turns = createFairTurns({ ...busy, width: 1, share: 2 });
    const all = [turns.atOnce('a', work('a0'))];
    const goesOn = (prepared: () => void) => {
      prepared();
      return work('a1')();
    };
    all.push(turns.run('a', never, goesOn));
    for (const name of ['a2', 'b1', 'c1']) all.push(turns.run(name.slice(0, 1), never, work(name)));
    await aMoment();
    expect(begun).toEqual(['a0', 'a1', 'b1']);
    for (let at = 0; at < 5; at++) await endFirst();
    expect(begun).toEqual(['a0', 'a1', 'b1', 'c1', 'a2']);
    expect((await Promise.all(all)).length).toBe(5);
  });

  it('beside another goal → of one that asks for more than its share, what has ended counts until a round of turns is over', async () => {
    const { begun, work, endFirst } = notes();
    const turns = createFairTurns({ ...busy, width: 8 });
    const from = performance.now();
    const all = ['a1', 'b1', 'a2', 'a3', 'b2'].map((name) => turns.run(name.slice(0, 1), never, work(name)));
    await aMoment();
    expect(begun).toEqual(['a1', 'b1']);
    for (let at = 0; at < 2; at++) await endFirst();
    // The other one goes on at once. Two goals, of each one piece, 8 ms a piece and a quarter: 20 ms.
    expect(begun).toEqual(['a1', 'b1', 'b2']);
    await until(() => begun.includes('a2'), 'the second one');
    expect(performance.now() - from).toBeGreaterThan(18);
    for (let at = 0; at < 2; at++) await endFirst();
    await until(() => begun.includes('a3'), 'the last one');
    await endFirst();
    expect(await Promise.all(all)).toEqual(['a1', 'b1', 'a2', 'a3', 'b2']);
  });

  it('pieces that keep the loop at work for long → a round of turns takes as long, with 50 ms a piece at most', async () => {
    let active = 0;
    const turns = createFairTurns({ ...busy, width: 8, activeMs: () => active });
    for (let at = 0; at < 50; at++) {
      active += 600;
      await turns.atOnce('a', async () => undefined);
    }
    const { begun, work, endFirst } = notes();
    const from = performance.now();
    const all = ['a1', 'b1', 'a2', 'a3'].map((name) => turns.run(name.slice(0, 1), never, work(name)));
    await aMoment();
    await endFirst();
    await until(() => begun.includes('a2'), 'the second one');
    const roundMs = performance.now() - from;
    expect(roundMs).toBeGreaterThan(120);
    expect(roundMs).toBeLessThan(900);
    for (let at = 0; at < 2; at++) await endFirst();
    await until(() => begun.includes('a3'), 'the last one');
    await endFirst();
    expect((await Promise.all(all)).length).toBe(4);
  });

  it('calm for a moment beside a goal whose share is all it asks for → waits; once that one waits too, both begin (G17)', async () => {
    const { begun, work, endFirst } = notes();
    const turns = createFairTurns({ ...calm, width: 8, calmMs: () => 50 });
    const small = turns.atOnce('b', work('b1'));
    const all = ['a1', 'a2'].map((name) => turns.run('a', never, work(name)));
    await aMoment();
    expect(begun).toEqual(['b1', 'a1']);
    all.push(turns.run('b', never, work('b2')));
    await aMoment();
    expect(begun).toEqual(['b1', 'a1', 'a2', 'b2']);
    for (let at = 0; at < 4; at++) await endFirst();
    expect(await Promise.all([small, ...all])).toEqual(['b1', 'a1', 'a2', 'b2']);
  });
});
