/** What the shell is offered behind the words typed so far; ids come from a made-up instance. */
import { type LookUp, suggest } from '../../src/cli/completion/suggest.ts';
import { main } from '../../src/cli/main.ts';
import type { Source } from '../../src/cli/program/completes.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { fakeIo } from './fake-io.ts';

const program = buildProgram({ io: fakeIo(), version: '1.2.3', done: () => undefined });

/** Ids that name their source, and for tasks the goal. */
const lookUp: LookUp = async (source, { operands }) =>
  source === 'tasks' ? [{ value: `task-of-${operands[0]}`, about: '' }] : [{ value: `${source}-1`, about: 'first' }];

async function offered(line: string, ids = lookUp) {
  const { words, paths } = await suggest(program, line.split(' '), ids);
  return { words: words.map(({ value }) => value), paths };
}

const words = async (line: string) => (await offered(line)).words;

describe('completion of commands and flags', () => {
  it.each([
    ['r', ['run']],
    ['goals ra', ['raise-budget']],
    ['goals re', ['resume', 'retry-task', 'reassign']],
    ['help sch', ['schedules']],
    ['chat l', ['list']],
    ['run --si', ['--simulate']],
    ['goals list --st', ['--status']],
    ['goals list --status running --li', ['--limit']],
    ['--data-dir x goals li', ['list']],
    ['run --budget 2 --js', ['--json-events', '--json']],
    ['no such thing', []],
  ])('%s → %j', async (line, expected) => {
    expect(await words(line)).toEqual(expected);
  });

  it('a command that takes nothing more → its flags', async () => {
    expect(await words('up ')).toEqual(expect.arrayContaining(['--detach', '--simulate', '--json']));
    expect(await words('goals pause g1 ')).toEqual(expect.arrayContaining(['--json']));
  });

  it('behind -- → no flags', async () => {
    expect(await words('run -- --si')).toEqual([]);
  });
});

describe('completion of values', () => {
  it.each([
    ['run --verify ', ['off', 'final', 'each-task']],
    ['run --verify f', ['final']],
    ['run --verify=e', ['--verify=each-task']],
    ['run --on-budget ', ['wait', 'partial']],
    ['goals list --status running p', ['planning', 'partial']],
    ['schedules create --overlap b', ['bufferOne', 'bufferAll']],
    ['goals retry-task g1 t1 --tier d', ['deep']],
    ['completion ', ['bash', 'zsh', 'fish']],
  ])('%s → %j', async (line, expected) => {
    expect(await words(line)).toEqual(expected);
  });

  it.each([
    ['run --plan ', 'files'],
    ['run -o re', 'files'],
    ['--data-dir ', 'folders'],
    ['goals edit g1 --file e', 'files'],
    ['schedules create -f ', 'files'],
    ['store import ', 'files'],
    ['goals show ', 'none'],
    ['run --verify ', 'none'],
  ])('%s → paths: %s', async (line, paths) => {
    expect((await offered(line)).paths).toBe(paths);
  });
});

describe('completion of ids', () => {
  const cases: [string, Source][] = [
    ['goals show ', 'goals'],
    ['goals fork ', 'goals'],
    ['goals watch -o x ', 'goals'],
    ['goals list --before ', 'goals'],
    ['goals cancel ', 'open-goals'],
    ['goals raise-budget ', 'open-goals'],
    ['approvals list ', 'goals'],
    ['approvals show ', 'approvals'],
    ['approvals approve ', 'approvals'],
    ['approvals deny --note no ', 'approvals'],
    ['approvals answer ', 'questions'],
    ['schedules show ', 'schedules'],
    ['schedules edit ', 'schedules'],
    ['schedules pause ', 'schedules'],
    ['schedules resume ', 'schedules'],
    ['schedules delete ', 'schedules'],
    ['schedules trigger ', 'schedules'],
    ['schedules backfill ', 'schedules'],
    ['chat --continue ', 'conversations'],
    ['goals reassign g1 t1 ', 'agents'],
    ['goals fork g1 --agent ', 'agents'],
    ['goals retry-task g1 t1 --agent ', 'agents'],
    ['budget raise ', 'accounts'],
    ['halt ', 'halts'],
    ['halt --release ', 'halts'],
  ];
  it.each(cases)('%s→ %s', async (line, source) => {
    expect(await words(line)).toEqual([`${source}-1`]);
  });

  it.each([
    'goals cancel-task g1 ',
    'goals skip-task g1 ',
    'goals retry-task g1 ',
    'goals reassign g1 ',
    'goals steer g1 --task ',
    'goals fork g1 --rerun ',
    'goals fork g1 --task=',
  ])('%s→ tasks of the goal named before', async (line) => {
    expect((await words(line)).map((each) => each.replace('--task=', ''))).toEqual(['task-of-g1']);
  });

  it('an id that is begun → only those that fit; behind --continue= with the flag', async () => {
    expect(await words('schedules show x')).toEqual([]);
    expect(await words('chat --continue=conv')).toEqual(['--continue=conversations-1']);
  });
});

describe('orchestrator complete', () => {
  async function complete(...args: string[]) {
    const io = fakeIo();
    const code = await main(['complete', '--', ...args], io);
    return { code, out: io.out(), err: io.err() };
  }

  it('words with what they are, then what the shell adds', async () => {
    expect(await complete('schedules', 're')).toEqual({ code: 0, err: '', out: 'resume\tstart again\n:none\n' });
    expect((await complete('run', '--plan', '')).out).toBe(':files\n');
  });

  it('agents need no instance; ids without an instance → none, no error, at once', async () => {
    const folder = ['--data-dir', '/nonexistent/of/completion'];
    expect((await complete(...folder, 'goals', 'reassign', 'g', 't', 'wr')).out).toMatch(/^writer\t.+\n:none\n$/);
    const started = performance.now();
    expect(await complete(...folder, 'goals', 'show', '')).toEqual({ code: 0, err: '', out: ':none\n' });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('a configuration that is not valid → none, no error', async () => {
    expect(await complete('--config', '/nonexistent.yaml', 'schedules', 'show', '')).toMatchObject({
      code: 0,
      err: '',
      out: ':none\n',
    });
  });

  it('odd words → nothing is thrown', async () => {
    for (const odd of [
      [''],
      [],
      ['--'],
      ['-'],
      ['--='],
      ['__proto__', ''],
      ['constructor', ''],
      ['goals', 'toString', ''],
      ['$(id)', '`id`'],
    ]) {
      expect(await complete(...odd)).toMatchObject({ code: 0, err: '' });
    }
  });
});
