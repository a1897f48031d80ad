import { keepValues } from '../../src/store/kept.ts';

/** Values that are read when `answer` says so, on a clock that is set by hand; what is to be done later is done by `moment`. */
function source() {
  const clock = { ms: 0 };
  const later: (() => void)[] = [];
  const moment = () => {
    for (const work of later.splice(0)) work();
  };
  const reads: { answer(value: string): Promise<void>; fail(): Promise<void> }[] = [];
  const values = keepValues<string>({ now: () => clock.ms, later: (work) => void later.push(work) });
  const settled = () => new Promise<void>((done) => setImmediate(done));
  const ask = (key = 'a') =>
    values(
      key,
      () =>
        new Promise((resolve, reject) => {
          reads.push({
            answer(value) {
              resolve(value);
              return settled();
            },
            fail() {
              reject(new Error('away'));
              return settled();
            },
          });
        }),
    );
  return { clock, reads, ask, moment };
}

describe('kept values', () => {
  it('asked again within ten seconds → the same, read once, also by those who ask meanwhile', async () => {
    const { clock, reads, ask } = source();
    const both = [ask(), ask()];
    clock.ms = 10;
    await reads[0]?.answer('first');
    expect(await Promise.all(both)).toEqual(['first', 'first']);
    clock.ms = 10_009;
    expect([await ask(), reads.length]).toEqual(['first', 1]);
  });

  it('later → still the same at once, and read anew a moment after, once', async () => {
    const { clock, reads, ask, moment } = source();
    const first = ask();
    clock.ms = 10;
    await reads[0]?.answer('first');
    await first;
    clock.ms = 10_010;
    expect([await ask(), await ask(), reads.length]).toEqual(['first', 'first', 1]);
    moment();
    expect([await ask(), reads.length]).toEqual(['first', 2]);
    clock.ms = 10_020;
    await reads[1]?.answer('second');
    expect([await ask(), reads.length]).toEqual(['second', 2]);
  });

  it('older than a minute → whoever asks waits for a new one', async () => {
    const { clock, reads, ask } = source();
    const first = ask();
    clock.ms = 1_000;
    await reads[0]?.answer('first');
    await first;
    clock.ms = 61_001;
    const late = ask();
    await reads[1]?.answer('second');
    expect(await late).toBe('second');
  });

  it('older than a minute before that moment → whoever asks has it read, and it is not read twice', async () => {
    const { clock, reads, ask, moment } = source();
    const first = ask();
    await reads[0]?.answer('first');
    await first;
    clock.ms = 59_000;
    await ask();
    clock.ms = 61_000;
    const late = ask();
    moment();
    await reads[1]?.answer('second');
    expect([await late, reads.length]).toEqual(['second', 2]);
  });

  it('cannot be read → told, and not kept; cannot be read anew → the old one serves on, and it is tried again', async () => {
    const { clock, reads, ask, moment } = source();
    const failing = expect(ask()).rejects.toThrow('away');
    await reads[0]?.fail();
    await failing;
    const first = ask();
    clock.ms = 10;
    await reads[1]?.answer('first');
    await first;
    clock.ms = 10_010;
    await ask();
    moment();
    await reads[2]?.fail();
    expect(await ask()).toBe('first');
    moment();
    expect(reads).toHaveLength(4);
  });

  it('keys are apart', async () => {
    const { reads, ask } = source();
    const both = [ask('a'), ask('b')];
    await reads[0]?.answer('of a');
    await reads[1]?.answer('of b');
    expect(await Promise.all(both)).toEqual(['of a', 'of b']);
  });
});
