/** Help: every command says what it is for, with examples that the command line takes. */
import type { Command } from 'commander';
import { buildProgram } from '../../src/cli/program.ts';
import { fullName } from '../../src/cli/usage-error.ts';
import { fakeIo } from './fake-io.ts';

/** The program and everything below it. */
function withAllBelow(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withAllBelow)];
}

function build(io = fakeIo()): Command {
  return buildProgram({ io, version: '1.2.3', done: () => undefined });
}

function helpOf(words: readonly string[]): string {
  const io = fakeIo();
  expect(() => build(io).parse([...words, '--help'], { from: 'user' })).toThrow();
  return io.out();
}

const names = withAllBelow(build())
  .filter((command) => command.name() !== 'help')
  .map((command) => fullName(command).split(' ').slice(1));

/** Examples of a help text, without what only a shell reads. */
const examplesIn = (help: string): string[] =>
  help.split('\n').flatMap((line) => /^ {2}\$ (.*)$/.exec(line)?.[1] ?? []);

/** The words of the `orchestrator` call in a line as a shell would give them. */
function wordsOf(line: string): string[] {
  const call = /orchestrator (?:[^|<>)]|"[^"]*")*/.exec(line)?.[0] ?? '';
  const words = [...call.trim().matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)];
  return words.map(([, double, single, bare]) => double ?? single ?? bare ?? '').slice(1);
}

/** The same program, whose commands do nothing. */
function idle(): Command {
  const program = build();
  for (const command of withAllBelow(program)) command.action(() => undefined);
  return program;
}

describe('help', () => {
  it('there are more than 40 commands to look at', () => {
    expect(names.length).toBeGreaterThan(40);
  });

  it.each(names.map((words) => [words.join(' ') || '(alone)', words] as const))(
    '%s → what it is for, and examples',
    (_name, words) => {
      const help = helpOf(words);
      const examples = examplesIn(help);
      expect(help).toMatch(/^Usage: orchestrator.*\n\n\S/);
      expect(help).toMatch(/\n(Global )?Options:[\s\S]*--json/);
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        const called = wordsOf(example);
        expect([example, called.slice(0, words.length)]).toEqual([
          example,
          words.length > 0 ? words : called.slice(0, 0),
        ]);
        expect(() => idle().parse(called, { from: 'user' })).not.toThrow();
      }
    },
  );

  it('an example with a flag that does not exist → the check above would see it', () => {
    expect(() => idle().parse(wordsOf('orchestrator goals list --statsu running | cat'), { from: 'user' })).toThrow(
      /Did you mean --status/,
    );
  });

  it('a narrow terminal → no line of a help is longer, but for words that cannot be broken', () => {
    const narrow = { ...fakeIo(), stdout: { isTTY: true, columns: 60, write: () => true } };
    let out = '';
    narrow.stdout.write = (text?: string) => {
      out += text;
      return true;
    };
    expect(() => build(narrow).parse(['goals', '--help'], { from: 'user' })).toThrow();
    const list = out.split('Examples:')[0] ?? '';
    for (const line of list.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
  });
});
