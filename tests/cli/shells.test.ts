/** The completion scripts in the shells themselves; `orchestrator` is a stub that keeps the words it is given. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completionScript, type Shell } from '../../src/cli/completion/scripts.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'shells-test-'));
  writeFileSync(join(dir, 'report.md'), '');
  const stub = join(dir, 'orchestrator');
  // Behind `show` two ids, behind `--plan` files, behind `--verify=` values with it; of these what begins as the last word.
  writeFileSync(
    stub,
    `#!/bin/sh
shift 2
printf '<%s>' "$@" >> "$STUB_LOG"
echo >> "$STUB_LOG"
for LAST; do :; done
export LAST
case "$*" in
  *'show '*) printf 'goal-1#t7.0\\ta thing: (x)\\ngoal-2#t1.0\\tother\\n:none\\n' ;;
  *--verify=*) printf -- '--verify=off\\n--verify=final\\n:none\\n' ;;
  *'--plan '*) echo :files ;;
  *) printf 'goals\\tof all kinds\\nhalt\\n:none\\n' ;;
esac | awk 'index($0, ENVIRON["LAST"]) == 1 || /^:/'
`,
  );
  chmodSync(stub, 0o755);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs a shell on a program; gives what it prints. */
function run(shell: Shell, args: readonly string[], program: string): string {
  writeFileSync(join(dir, 'completion'), completionScript(shell, 'orchestrator'));
  const env = {
    PATH: `${dir}:${process.env.PATH}`,
    HOME: dir,
    STUB_LOG: join(dir, 'log'),
    LC_ALL: 'C.UTF-8',
    TERM: 'dumb',
  };
  const { stdout, stderr, error } = spawnSync(shell, [...args], {
    cwd: dir,
    env,
    input: program,
    timeout: 30_000,
    encoding: 'utf8',
  });
  if (error) throw error;
  return `${stdout}${stderr}`;
}

/** What the stub was called with, one call a line. */
const calls = (): string => readFileSync(join(dir, 'log'), 'utf8');

const has = (shell: Shell): boolean => spawnSync(shell, ['-c', 'true']).status === 0;
/** Where the shell is not installed, the test says so by its name. */
const inShell = (shell: Shell) => (has(shell) ? describe : describe.skip);

describe('bash', () => {
  /** As readline calls the function: words cut at `=` too. */
  const complete = (words: readonly string[]): string[] => {
    const quoted = ['orchestrator', ...words].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    const program = `. ./completion; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _orchestrator
for each in "\${COMPREPLY[@]}"; do printf '[%s]\\n' "$each"; done; complete -p orchestrator\n`;
    const lines = run('bash', ['--norc', '--noprofile'], program).trim().split('\n');
    expect(lines.pop()).toBe('complete -F _orchestrator orchestrator');
    return lines.map((line) => line.slice(1, -1));
  };

  it.each([
    { typed: ['go'], expected: ['goals'] },
    { typed: ['goals', 'show', ''], expected: ['goal-1#t7.0', 'goal-2#t1.0'] },
    { typed: ['goals', 'show', 'goal-2'], expected: ['goal-2#t1.0'] },
    { typed: ['goals', 'show', 'x'], expected: [] },
    { typed: ['run', '--plan', 're'], expected: ['report.md'] },
  ])('$typed → $expected; the words come as they are', ({ typed, expected }) => {
    expect(complete(typed)).toEqual(expected);
    expect(calls()).toBe(`${typed.map((word) => `<${word}>`).join('')}\n`);
  });

  it('a value behind =, where bash cuts the word → the value alone; asked for as one word', () => {
    expect(complete(['run', '--verify', '=', 'f'])).toEqual(['final']);
    expect(complete(['run', '--verify', '='])).toEqual(['off', 'final']);
    expect(calls()).toBe('<run><--verify=f>\n<run><--verify=>\n');
  });

  it('a word in an open quote → asked for without it', () => {
    expect(complete(['goals', 'show', "'goal-2"])).toEqual(['goal-2#t1.0']);
    expect(calls()).toBe('<goals><show><goal-2>\n');
  });

  it('what is typed is not run, and nothing of it is expanded', () => {
    complete(['run', '"$(touch pwned)', '`touch pwned`; touch pwned', '$HOME']);
    expect(calls()).toBe('<run><"$(touch pwned)><`touch pwned`; touch pwned><$HOME>\n');
    expect(() => readFileSync(join(dir, 'pwned'))).toThrow(/ENOENT/);
  });

  it('sourced twice → no complaint', () => {
    expect(run('bash', ['--norc', '--noprofile'], '. ./completion; . ./completion; echo done\n')).toBe('done\n');
  });
});

inShell('zsh')(`zsh${has('zsh') ? '' : ' (skipped: it is not installed)'}`, () => {
  /** Types a line and Tab into a shell on a terminal of its own, and has it print the line. */
  const typed = (line: string): string => {
    writeFileSync(
      join(dir, 'drive'),
      `zmodload zsh/zpty
zpty -b shell 'zsh -f -i'
until_seen() { repeat 400; do zpty -r -t shell out && seen+=$out; [[ $seen == *$1* ]] && return; sleep 0.05; done }
zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -D; . ./completion; show() { print -r -- "LINE<$BUFFER>" }; zle -N show; bindkey "^X" show; print rea""dy'
until_seen ready
seen=
zpty -w -n shell "$1"$'\t'
until_seen "$2"
zpty -w -n shell $'\x18'
until_seen 'LINE<orchestrator'
print -r -- $seen
zpty -d shell
`,
    );
    return /LINE<(orchestrator[^>]*)>/.exec(run('zsh', ['-f', 'drive', line, line.slice(-4)], ''))?.[1]?.trim() ?? '';
  };

  it.each([
    ['orchestrator go', 'orchestrator goals'],
    ['orchestrator goals show goal-2', 'orchestrator goals show goal-2\\#t1.0'],
    ['orchestrator run --verify=f', 'orchestrator run --verify=final'],
    ['orchestrator run --plan re', 'orchestrator run --plan report.md'],
  ])('%s and Tab → %s', (line, expected) => {
    expect(typed(line)).toBe(expected);
  });
});

inShell('fish')(`fish${has('fish') ? '' : ' (skipped: it is not installed)'}`, () => {
  const complete = (line: string): string[] =>
    run('fish', ['--no-config', '-c', `source completion; complete -C '${line}'`], '')
      .trim()
      .split('\n');

  it.each([
    ['orchestrator go', ['goals\tof all kinds']],
    ['orchestrator goals show ', ['goal-1#t7.0\ta thing: (x)', 'goal-2#t1.0\tother']],
    ['orchestrator goals show goal-2', ['goal-2#t1.0\tother']],
    ['orchestrator run --verify=f', ['--verify=final']],
    ['orchestrator run --plan re', ['report.md']],
  ])('%s → %j', (line, expected) => {
    expect(complete(line)).toEqual(expected);
  });
});
