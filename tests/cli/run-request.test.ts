import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRequest } from '../../src/cli/run/read-request.ts';
import { deliverablePath, saveDeliverable } from '../../src/cli/run/save-deliverable.ts';
import { newProgress, progressLine, startError } from '../../src/cli/up/up-log.ts';
import { fakeIo } from './fake-io.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cli-run-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function planFile(name: string, text: string | Buffer): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, text);
  return path;
}

const refusalOf = async (name: string, text: string | Buffer): Promise<string> => {
  const plan = await planFile(name, text);
  const error: unknown = await readRequest(fakeIo(), ['x'], { plan }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'plan.invalid' });
  return (error as Error).message;
};

describe('goal request from the command line', () => {
  it('words and flags → a request with nothing that was not given', async () => {
    expect(await readRequest(fakeIo(), ['two', 'words'], {})).toEqual({ text: 'two words' });
    const flags = {
      verify: 'off',
      synthesis: 'off',
      maxParallel: 3,
      maxTasks: 9,
      budget: 2.5,
      onBudget: 'partial',
      batch: true,
      tag: ['a', 'b'],
      idempotencyKey: 'k',
    } as const;
    expect(await readRequest(fakeIo(), ['x'], flags)).toEqual({
      text: 'x',
      verify: 'off',
      synthesis: false,
      maxParallelTasks: 3,
      maxTasks: 9,
      budgetUsd: 2.5,
      onBudget: 'partial',
      batch: true,
      tags: ['a', 'b'],
      idempotencyKey: 'k',
    });
  });

  it('- → standard input without its last line end', async () => {
    expect((await readRequest(fakeIo({ stdin: 'line 1\nline 2\n' }), ['-'], {})).text).toBe('line 1\nline 2');
  });

  it.each([
    ['plan.yaml', 'title: T\ntasks:\n  - id: a\n'],
    ['plan.YML', 'title: T\ntasks:\n  - id: a\n'],
    ['plan.json', '{"title":"T","tasks":[{"id":"a"}]}'],
  ])('plan in %s → parsed, and its title is the goal when there are no words', async (name, text) => {
    const request = await readRequest(fakeIo(), [], { plan: await planFile(name, text) });
    expect(request).toEqual({ text: 'T', plan: { title: 'T', tasks: [{ id: 'a' }] } });
  });

  it.each([
    ['13 fenced JSON in plan.json', '```json\n{}\n```', /code fence/],
    ['13 trailing comma in plan.json', '{"title":"T",}', /not valid JSON/],
    ['13 duplicate keys in plan.json', '{"title":"a","title":"b"}', /stands twice/],
    ['11 nested deep in plan.json', '['.repeat(10_000) + ']'.repeat(10_000), /nested deeper/],
    ['75 YAML duplicate keys in plan.yaml', 'title: a\ntitle: b\n', /not valid YAML/],
    ['75 YAML alias bomb in plan.yaml', bomb(), /not valid YAML/],
    ['not UTF-8 in plan.json', Buffer.from([0xff, 0xfe, 0x00]), /not UTF-8/],
  ])('plan: %s → plan.invalid naming the file', async (place, text, reason) => {
    const name = place.split(' ').at(-1) ?? '';
    const message = await refusalOf(name, text);
    expect(message).toMatch(reason);
    expect(message).toContain(name);
    expect(message).not.toMatch(/[\u0000-\u0008\u001b]/);
  });
});

function bomb(): string {
  const levels = Array.from(
    { length: 9 },
    (_, index) => `l${index + 1}: &l${index + 1} [${Array(9).fill(`*l${index}`).join(',')}]`,
  );
  return `l0: &l0 [x]\n${levels.join('\n')}\n`;
}

describe('deliverable', () => {
  it('saved → private file with the text as it is; no path given → in the folder', async () => {
    const path = deliverablePath(dir, 'goal1', undefined);
    expect(path).toBe(join(dir, 'deliverables', 'goal1.md'));
    expect(await saveDeliverable(path, '# x')).toBe(path);
    expect(await readFile(path, 'utf8')).toBe('# x\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('place that is a folder → input.output with a remedy', async () => {
    await expect(saveDeliverable(dir, 'x')).rejects.toMatchObject({
      code: 'input.output',
      remedy: expect.stringMatching(/goals show/),
    });
  });
});

describe('log of a background start', () => {
  it('progress → each whole line once', () => {
    const seen: string[] = [];
    const first = `${progressLine('one')}{"level":"info"}\n… tw`;
    const at = newProgress(first, 0, (line) => seen.push(line));
    const then = newProgress(`${first}o\n`, at, (line) => seen.push(line));
    expect(newProgress(`${first}o\n`, then, (line) => seen.push(line))).toBe(then);
    expect(seen).toEqual(['one', 'two']);
  });

  it('printed error → the same error again: message, remedy, code', () => {
    const log =
      '… x\nerror: first\n  remedy: old\nerror: Config bad:\n  - port\n  remedy: Fix it.\n  code: config.invalid\n';
    expect(startError(log, '/log')).toMatchObject({
      message: 'Config bad:\n  - port',
      remedy: 'Fix it.',
      code: 'config.invalid',
    });
  });

  it('no printed error → where to read', () => {
    expect(startError('Killed\n', '/dir/up.log')).toMatchObject({
      code: 'instance.start-failed',
      remedy: 'Read its log: /dir/up.log',
    });
  });
});
