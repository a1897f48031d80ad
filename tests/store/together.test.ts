/** What is asked for at once goes together, and each of those who ask gets its own answer. */
import { failure } from '../../src/core/failures.ts';
import { createLines } from '../../src/store/together.ts';
import { storeError } from '../../src/store/unavailable.ts';
import { until } from '../support/until.ts';

/** Sends that end when they are told to. */
function sends() {
  const seen: { readonly items: readonly string[]; end(error?: unknown): Promise<void> }[] = [];
  const send = (items: readonly string[]) =>
    new Promise<string[]>((resolve, reject) => {
      const end = (error?: unknown) => {
        if (error === undefined) resolve(items.map((item) => `${item}!`));
        else reject(error);
        return turn();
      };
      seen.push({ items, end });
    });
  return { seen, send };
}

/** A turn of the event loop and its microtasks. */
const turn = () => new Promise<void>((done) => setImmediate(() => setImmediate(done)));
/** Lines in which a statement is waited for, however slow the machine is. */
const patient = () => createLines(60_000);

describe('lines', () => {
  it('asked for in one turn of the event loop → one statement a key, answers in order', async () => {
    const { seen, send } = sends();
    const ask = patient().together({ send });
    const answers = Promise.all([ask('goal', 'a'), ask('goal', 'b'), ask('other', 'c')]);
    await turn();
    expect(seen.map(({ items }) => items)).toEqual([['a', 'b']]);
    await seen[0]?.end();
    expect(seen.map(({ items }) => items)).toEqual([['a', 'b'], ['c']]);
    await seen[1]?.end();
    await expect(answers).resolves.toEqual(['a!', 'b!', 'c!']);
  });

  it('asked for while a statement is under way → goes with the others that came meanwhile', async () => {
    const { seen, send } = sends();
    const ask = patient().together({ send });
    const first = ask('goal', 'a');
    await turn();
    const others = Promise.all([ask('goal', 'b'), turn().then(() => ask('goal', 'c'))]);
    await turn();
    await seen[0]?.end();
    await expect(first).resolves.toBe('a!');
    expect(seen[1]?.items).toEqual(['b', 'c']);
    await seen[1]?.end();
    await expect(others).resolves.toEqual(['b!', 'c!']);
  });

  it('a statement that takes long → those about something else are not kept waiting, of all kinds', async () => {
    const { seen, send } = sends();
    const lines = createLines();
    const [slow, other] = [lines.together({ send }), lines.together({ send })];
    void slow('goal', 'a');
    await turn();
    void other('goal', 'b');
    void slow('another goal', 'c');
    void slow('goal', 'd');
    await until(() => seen.length >= 3);
    expect(seen.map(({ items }) => items)).toEqual([['a'], ['b'], ['c']]);
    for (const one of [0, 1, 2]) await seen[one]?.end();
    expect(seen[3]?.items).toEqual(['d']);
    await seen[3]?.end();
  });

  it('more than twenty → the rest goes in the next one', async () => {
    const { seen, send } = sends();
    const ask = patient().together({ send });
    const answers = Promise.all(Array.from({ length: 30 }, (_, at) => ask('goal', `${at}`)));
    await turn();
    await seen[0]?.end();
    await seen[1]?.end();
    expect(seen.map(({ items }) => items.length)).toEqual([20, 10]);
    await expect(answers).resolves.toHaveLength(30);
  });

  it('one that is wrong fails them all → asked for one by one, and it alone fails', async () => {
    const asked: (readonly string[])[] = [];
    const send = async (items: readonly string[]) => {
      asked.push(items);
      if (items.includes('wrong')) throw failure('goal.not-found', 'no such goal');
      return items;
    };
    const ask = patient().together({ send });
    const answers = await Promise.allSettled([ask('goal', 'a'), ask('goal', 'wrong'), ask('goal', 'b')]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(asked).toEqual([['a', 'wrong', 'b'], ['a'], ['wrong'], ['b']]);
  });

  it('about several things → one statement; one that takes long keeps only what is about the same', async () => {
    const { seen, send } = sends();
    const ask = createLines().together({ send, about: (item: string) => item.charAt(0) });
    void ask('tenant', 'a1');
    void ask('tenant', 'b1');
    await turn();
    void ask('tenant', 'a2');
    void ask('tenant', 'c1');
    const later = ask('tenant', 'b2');
    await until(() => seen.length >= 2);
    expect(seen.map(({ items }) => items)).toEqual([['a1', 'b1'], ['c1']]);
    await seen[1]?.end();
    expect(seen).toHaveLength(2);
    await seen[0]?.end();
    await until(() => seen.length >= 3);
    expect(seen[2]?.items).toEqual(['a2', 'b2']);
    await seen[2]?.end();
    await expect(later).resolves.toBe('b2!');
  });

  it('a row is held that one of them needs → asked for one by one, none waits for it but that one', async () => {
    const { seen, send } = sends();
    const ask = patient().together({
      async send(items: readonly string[]) {
        if (items.length > 1) throw storeError(Object.assign(new Error('lock timeout'), { code: '55P03' }));
        return send(items);
      },
    });
    const [waits, ...others] = ['held', 'a', 'b'].map((item) => ask('tenant', item));
    await until(() => seen.length === 3);
    for (const one of [1, 2]) await seen[one]?.end();
    await expect(Promise.all(others)).resolves.toEqual(['a!', 'b!']);
    await seen[0]?.end();
    await expect(waits).resolves.toBe('held!');
  });

  it('the database is away → all are told at once, and who asks then is asked for', async () => {
    const { seen, send } = sends();
    const ask = patient().together({ send });
    const answers = Promise.allSettled([ask('goal', 'a'), ask('goal', 'b')]);
    await turn();
    await seen[0]?.end(failure('store.unavailable', 'away'));
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(seen).toHaveLength(1);
    const again = ask('goal', 'a');
    await turn();
    await seen[1]?.end();
    await expect(again).resolves.toBe('a!');
  });

  it('fewer answers than questions → nobody waits for ever', async () => {
    const ask = patient().together({ send: async () => [] });
    await expect(ask('goal', 'a')).rejects.toMatchObject({ type: 'internal.bug' });
  });
});
