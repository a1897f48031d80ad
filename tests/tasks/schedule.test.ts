import type { TaskSkeleton } from '../../src/core/contracts/plan.ts';
import { createSchedule } from '../../src/tasks/schedule.ts';
import { skeletonOf } from './skeletons.ts';

const start = (tasks: readonly TaskSkeleton[], maxParallel = 10) => createSchedule(tasks, { maxParallel });
const idsOf = (tasks: readonly TaskSkeleton[]) => tasks.map((task) => task.id);

/** a → b → c */
const line = skeletonOf({ a: [], b: ['a'], c: ['b'] });

describe('schedule: order', () => {
  it('next: longest remaining path, then priority, then plan order', () => {
    const tasks = skeletonOf(
      { late: [], low: [], high: [], head: [], tail: ['head'] },
      { high: { priority: 5 }, low: { priority: 3 }, tail: { effort: 'L' } },
    );
    expect(idsOf(start(tasks).next())).toEqual(['head', 'high', 'late', 'low']);
  });

  it('next: one slot → one task at a time; checking keeps the slot', () => {
    const schedule = start(skeletonOf({ a: [], b: [] }), 1);
    expect(idsOf(schedule.next())).toEqual(['a']);
    schedule.setChecking('a');
    expect(schedule.next()).toEqual([]);
    schedule.done('a');
    expect(idsOf(schedule.next())).toEqual(['b']);
  });

  it('next: the last dependency done → the dependent at once', () => {
    const schedule = start(skeletonOf({ a: [], b: [], join: ['a', 'b'] }));
    schedule.next();
    schedule.done('b');
    expect(schedule.next()).toEqual([]);
    schedule.done('a');
    expect(idsOf(schedule.next())).toEqual(['join']);
  });

  it('requeue: a task to be tried again → ready, before lesser ones', () => {
    const schedule = start(line, 1);
    schedule.next();
    schedule.requeue('a');
    expect(schedule.status('a')).toBe('ready');
    expect(idsOf(schedule.next())).toEqual(['a']);
  });

  it('setRunning: a revision after the check → running again', () => {
    const schedule = start(line);
    schedule.next();
    schedule.setChecking('a');
    schedule.setRunning('a');
    expect(schedule.ids('running')).toEqual(['a']);
  });
});

describe('schedule: failures and cancels', () => {
  it('fail: a needed task → all behind it skipped, siblings go on', () => {
    const schedule = start(skeletonOf({ a: [], b: ['a'], c: ['b'], other: [] }));
    schedule.next();
    expect(schedule.fail('a')).toEqual(['b', 'c']);
    expect(schedule.settled).toBe(false);
    schedule.done('other');
    expect(schedule.settled).toBe(true);
    expect(schedule.counts()).toMatchObject({ done: 1, failed: 1, skipped: 2, waiting: 0 });
  });

  it('fail: an optional task → its dependents start', () => {
    const schedule = start(skeletonOf({ a: [], b: ['a'] }, { a: { optional: true } }));
    schedule.next();
    expect(schedule.fail('a')).toEqual([]);
    expect(idsOf(schedule.next())).toEqual(['b']);
  });

  it('fail: an optional task behind a failed one → skipped, but its dependents start', () => {
    const schedule = start(skeletonOf({ a: [], nice: ['a'], end: ['nice'] }, { nice: { optional: true } }));
    schedule.next();
    expect(schedule.fail('a')).toEqual(['nice']);
    expect(idsOf(schedule.next())).toEqual(['end']);
  });

  it('fail: a dependent with another failed dependency → skipped once', () => {
    const schedule = start(skeletonOf({ a: [], b: [], join: ['a', 'b'] }));
    schedule.next();
    expect(schedule.fail('a')).toEqual(['join']);
    expect(schedule.fail('b')).toEqual([]);
  });

  it('cancel: a ready task → cancelled, never started, dependents skipped', () => {
    const schedule = start(line);
    expect(schedule.cancel('a')).toEqual(['b', 'c']);
    expect(schedule.next()).toEqual([]);
    expect(schedule.status('a')).toBe('cancelled');
  });

  it('cancelRest: some running → the others cancelled', () => {
    const schedule = start(skeletonOf({ a: [], b: [], c: ['b'] }), 1);
    schedule.next();
    expect(schedule.cancelRest()).toEqual(['a', 'c']);
    expect(schedule.ids('running')).toEqual(['b']);
    schedule.cancel('b');
    expect(schedule.settled).toBe(true);
  });

  it.each([
    ['done', (s: ReturnType<typeof start>) => s.done('b')],
    ['requeue', (s: ReturnType<typeof start>) => s.requeue('b')],
    ['setChecking', (s: ReturnType<typeof start>) => s.setChecking('b')],
    ['setRunning', (s: ReturnType<typeof start>) => s.setRunning('a')],
    ['fail of an unknown task', (s: ReturnType<typeof start>) => s.fail('z')],
    ['cancel of an unknown task', (s: ReturnType<typeof start>) => s.cancel('z')],
  ])('%s: not allowed in this state → internal.bug', (_what, call) => {
    const schedule = start(line);
    schedule.next();
    expect(() => call(schedule)).toThrow(expect.objectContaining({ type: 'internal.bug' }));
  });

  it.each(['done', 'fail', 'cancel', 'requeue', 'setChecking'] as const)(
    '%s: a task that has ended → internal.bug',
    (call) => {
      const schedule = start(line);
      schedule.next();
      schedule.done('a');
      expect(() => schedule[call]('a')).toThrow(expect.objectContaining({ type: 'internal.bug' }));
      expect(schedule.status('a')).toBe('done');
    },
  );
});

describe('schedule: replan, carry, restore', () => {
  it('replan before fail: dependents rewired → they run, the others are skipped', () => {
    const schedule = start(skeletonOf({ a: [], b: ['a'], c: ['a'], gone: ['a'] }));
    schedule.next();
    expect(schedule.replan(skeletonOf({ a2: [], a: [], b: ['a2'], c: ['a'] }))).toEqual([]);
    expect(schedule.fail('a')).toEqual(['c']);
    expect(schedule.status('gone')).toBeUndefined();
    expect(idsOf(schedule.next())).toEqual(['a2']);
    schedule.done('a2');
    expect(idsOf(schedule.next())).toEqual(['b']);
  });

  it('replan: a new task depends on a failed one → skipped and named', () => {
    const schedule = start(skeletonOf({ a: [] }));
    schedule.next();
    schedule.fail('a');
    expect(schedule.replan(skeletonOf({ b: ['a'], a: [], c: ['b'] }))).toEqual(['b', 'c']);
  });

  it('replan: a skipped task left out → gone; a done one left out → internal.bug', () => {
    const schedule = start(skeletonOf({ a: [], b: ['a'], x: [] }));
    schedule.next();
    schedule.fail('a');
    schedule.done('x');
    expect(schedule.replan(skeletonOf({ a: [], x: [] }))).toEqual([]);
    expect(() => schedule.replan(skeletonOf({ a: [] }))).toThrow(expect.objectContaining({ type: 'internal.bug' }));
    expect(schedule.status('x')).toBe('done');
  });

  it('restore: what ran → ready again; ended tasks as they were; removed ones passed over', () => {
    const before = start(skeletonOf({ a: [], b: ['a'], c: ['b'], d: [] }));
    before.next();
    before.done('a');
    before.next();
    before.setChecking('b');
    const after = start(skeletonOf({ a: [], b: ['a'], c: ['b'], d: [] }));
    after.restore([...before.entries(), { id: 'removed', status: 'skipped' }]);
    expect(after.entries().map(({ status }) => status)).toEqual(['done', 'ready', 'waiting', 'ready']);
    expect(idsOf(after.next())).toEqual(['b', 'd']);
  });

  it('restore: JSON in between → the same', () => {
    const before = start(line);
    before.next();
    before.fail('a');
    const after = start(line);
    after.restore(JSON.parse(JSON.stringify(before.entries())));
    expect(after.entries()).toEqual(before.entries());
    expect(after.settled).toBe(true);
  });
});

describe('schedule: what is refused', () => {
  it('G22 createSchedule: a cycle → refused', () => {
    expect(() => start(skeletonOf({ a: ['b'], b: ['a'] }))).toThrow('cycle');
  });

  it('createSchedule: the same id twice → refused', () => {
    expect(() => start([...line, ...skeletonOf({ a: [] })])).toThrow('same id');
  });

  it.each([0, -1, 1.5, Number.NaN])('createSchedule: maxParallel %p → refused', (maxParallel) => {
    expect(() => start(line, maxParallel)).toThrow('maxParallel');
  });

  it('createSchedule: ids that objects have by nature → tasks like any other', () => {
    const schedule = start(
      skeletonOf(
        new Map([
          ['constructor', []],
          ['__proto__', ['constructor']],
        ]),
      ),
    );
    expect(idsOf(schedule.next())).toEqual(['constructor']);
    schedule.done('constructor');
    expect(idsOf(schedule.next())).toEqual(['__proto__']);
  });
});
