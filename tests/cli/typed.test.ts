import { reportError } from '../../src/cli/report-error.ts';
import { plainViewer } from '../../src/cli/run/viewer.ts';
import { typed, withTyped } from '../../src/cli/view/typed.ts';
import { OrchestratorError } from '../../src/core/failures.ts';
import { fakeIo } from './fake-io.ts';

describe('commands for people to type', () => {
  it.each([
    ['none given', {}, 'orchestrator goals resume g1'],
    ['--simulate', { simulate: true }, 'orchestrator goals resume g1 --simulate'],
    ['a folder', { dataDir: '/data/a' }, 'orchestrator goals resume g1 --data-dir /data/a'],
    [
      'all, with words that a shell would cut',
      { simulate: true, config: "it's mine.yaml", dataDir: 'my data' },
      `orchestrator goals resume g1 --simulate --config 'it'\\''s mine.yaml' --data-dir 'my data'`,
    ],
  ])('selectors: %s → carried', (_, selectors, command) => {
    expect(typed('goals resume g1', selectors)).toBe(command);
  });

  it('a flag that is there, or only help → not added again', () => {
    expect(typed('status --simulate', { simulate: true })).toBe('orchestrator status --simulate');
    expect(typed('run --help', { simulate: true })).toBe('orchestrator run --help');
  });

  it('text → each command in backticks, nothing else', () => {
    const text = 'Use `orchestrator up`, or `budgets.x`; `orchestrator goals show <id>` of orchestrator goals.';
    expect(withTyped(text, { simulate: true })).toBe(
      'Use `orchestrator up --simulate`, or `budgets.x`; `orchestrator goals show <id> --simulate` of orchestrator goals.',
    );
  });
});

describe('what carries them', () => {
  const selectors = { simulate: true, dataDir: '/d' };

  it('remedy of an error, as text and as JSON → typed for the instance that was asked', () => {
    const error = new OrchestratorError('goal.not-found', 'No.', { remedy: 'See `orchestrator goals list`.' });
    const [text, json] = [fakeIo(), fakeIo()];
    reportError(error, text, { selectors });
    reportError(error, json, { selectors, json: true });
    const remedy = 'See `orchestrator goals list --simulate --data-dir /d`.';
    expect(text.err()).toContain(remedy);
    expect(JSON.parse(json.out())).toMatchObject({ error: { remedy } });
  });

  it('hint of a goal that waits → the same', () => {
    const io = fakeIo();
    const at = { goalId: 'g1', seq: 1, taskId: null, at: '2026-11-01T00:00:00.000Z' };
    plainViewer(io, selectors).event({ ...at, type: 'awaiting', data: { awaiting: 'credentials' } });
    expect(io.err()).toContain('`orchestrator goals resume g1 --simulate --data-dir /d` lets it go on');
  });
});
