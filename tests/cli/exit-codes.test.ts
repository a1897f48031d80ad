import { EXIT, EXIT_CODES, exitCodeOfError, exitCodeOfStatus } from '../../src/cli/exit-codes.ts';
import { reportError } from '../../src/cli/report-error.ts';
import { OrchestratorError } from '../../src/core/failures.ts';
import { fakeIo } from './fake-io.ts';

describe('exit codes', () => {
  it('table → every code once, with a meaning', () => {
    expect(EXIT_CODES.map((row) => row.code).sort()).toEqual(Object.values(EXIT).sort());
    for (const row of EXIT_CODES) expect(row.meaning).not.toBe('');
  });

  it.each([
    ['completed', 0],
    ['failed', 3],
    ['partial', 4],
    ['cancelled', 5],
  ])('status %s → %i', (status, code) => {
    expect(exitCodeOfStatus(status)).toBe(code);
  });

  it.each([
    ['goal.invalid', 2],
    ['plan.invalid', 2],
    ['fork.invalid', 2],
    ['config.no-key', 2],
    ['budget.invalid', 2],
    ['conversation.not-found', 2],
    ['agents.unknown-tool', 2],
    ['usage.no-goal', 2],
    ['instance.not-running', 6],
    ['temporal.unreachable', 6],
    ['store.unavailable', 6],
    ['postgres.no-binaries', 6],
    ['instance.cancelled', 130],
    ['internal.bug', 1],
    [undefined, 1],
  ])('error %s → %i', (code, exit) => {
    expect(exitCodeOfError(code)).toBe(exit);
  });
});

describe('printed errors', () => {
  const known = new OrchestratorError('goal.closed', 'Goal x has ended.\u001b[2J', {
    remedy: 'Start a new one.',
    facts: { status: 'failed' },
    cause: new Error('inner'),
  });

  it('known error → what happened, remedy, code; no stack, no escapes', () => {
    const io = fakeIo();
    expect(reportError(known, io, {})).toBe(2);
    expect(io.err()).toBe('error: Goal x has ended.\n  remedy: Start a new one.\n  code: goal.closed\n');
    expect(io.out()).toBe('');
  });

  it('--debug → stacks of the error and of its cause', () => {
    const io = fakeIo();
    reportError(known, io, { debug: true });
    expect(io.err()).toMatch(/OrchestratorError: .*\n\s+at [\s\S]*caused by: Error: inner/);
  });

  it('--json → one object on stdout', () => {
    const io = fakeIo();
    reportError(known, io, { json: true });
    expect(JSON.parse(io.out())).toEqual({
      error: { code: 'goal.closed', message: known.message, remedy: known.remedy, facts: { status: 'failed' } },
    });
    expect(io.err()).toBe('');
  });

  it.each([
    ['an unknown Error', new TypeError('odd')],
    ['a thrown text', 'odd'],
  ])('%s → code 1 with a remedy', (_case, error) => {
    const io = fakeIo();
    expect(reportError(error, io, {})).toBe(1);
    expect(io.err()).toMatch(/^error: odd\n {2}remedy: Run it again with --debug/);
  });

  it('out of file handles (bad input 88), also as a cause → says what to raise', () => {
    const io = fakeIo();
    const cause = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    expect(reportError(new Error('could not start', { cause }), io, {})).toBe(1);
    expect(io.err()).toContain('ulimit -n');
  });
});
