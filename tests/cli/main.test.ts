/** The command line in this process: flags, help, and errors before anything is started. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { main } from '../../src/cli/main.ts';
import { fakeIo } from './fake-io.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cli-test-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function cli(args: string[], options: Parameters<typeof fakeIo>[0] = {}) {
  const io = fakeIo(options);
  const code = await main([...args, '--data-dir', join(dir, 'data')], io);
  return { code, out: io.out(), err: io.err() };
}

describe('command line', () => {
  it('--help → commands and the table of exit codes', async () => {
    const { code, out } = await cli(['--help']);
    expect(code).toBe(0);
    for (const name of ['up', 'run', 'status', 'down', 'goals', 'agents', 'doctor', 'config', 'store', 'completion']) {
      expect(out).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
    }
    for (const { code: number, meaning } of EXIT_CODES) expect(out).toContain(`${String(number).padEnd(4)} ${meaning}`);
  });

  it.each([['up'], ['run'], ['goals', 'list'], ['completion']])(
    '%s --help → examples and the global options',
    async (...words) => {
      const { code, out } = await cli([...words.filter((word) => typeof word === 'string'), '--help']);
      expect(code).toBe(0);
      expect(out).toMatch(/Examples:\n {2}\$ orchestrator|\$ source <\(orchestrator/);
      expect(out).toMatch(/Global Options:[\s\S]*--data-dir/);
    },
  );

  it('alone → a short overview, and whether an instance runs', async () => {
    const { code, out, err } = await cli([]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/orchestrator run "<goal>"[\s\S]*orchestrator doctor[\s\S]*No instance runs/);
    expect(out.split('\n').length).toBeLessThan(16);
    expect(JSON.parse((await cli(['--json'])).out)).toMatchObject({ version: expect.any(String), instances: [] });
  });

  it.each([
    ['usage.unknown-command', ['bogus']],
    ['usage.unknown-option', ['run', '--simulat', 'x']],
    ['usage.missing-argument', ['goals', 'show']],
    ['usage.missing-command', ['goals']],
    ['usage.missing-option', ['goals', 'edit', 'x']],
    ['usage.missing-value', ['run', '--plan']],
    ['usage.invalid-value', ['run', '--verify', 'sometimes', 'x']],
    ['usage.too-many-arguments', ['down', 'now']],
    ['usage.conflicting-options', ['halt', '--all', '--tenant']],
    ['instance.not-running', ['goals', 'list']],
    ['config.no-key', ['run', 'x']],
  ])('--json: %s → one object on stdout, nothing on stderr', async (error, args) => {
    const { code, out, err } = await cli([...args, '--json']);
    expect(err).toBe('');
    expect(JSON.parse(out)).toMatchObject({
      error: { code: error, message: expect.any(String), remedy: expect.any(String) },
    });
    expect(code).toBe(error === 'instance.not-running' ? 6 : 2);
  });

  it('--version → that of the package', async () => {
    expect((await cli(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    ['unknown command', ['bogus'], /error: Unknown command 'bogus'[\s\S]*remedy: `orchestrator --help`/],
    ['near command', ['gaols', 'list'], /Did you mean goals\?/],
    ['near subcommand', ['goals', 'lst'], /Did you mean list\?/],
    ['near subcommand of one that runs alone', ['chat', 'lst'], /Did you mean list\?/],
    ['no subcommand', ['approvals'], /approve[\s\S]*error: Which command of `orchestrator approvals`/],
    ['unknown option with a near one', ['run', '--simulat', 'x'], /Did you mean --simulate\?/],
    [
      'missing argument',
      ['goals', 'show'],
      /Missing required argument 'id'[\s\S]*remedy: `orchestrator goals list --data-dir [^`]+`/,
    ],
    ['unknown mode', ['run', '--verify', 'sometimes', 'x'], /Allowed choices are off, final, each-task/],
    ['hexadecimal number', ['run', '--max-parallel', '0x10', 'x'], /whole number/],
    ['exponent', ['goals', 'list', '--limit', '1e9'], /whole number/],
    ['empty number', ['goals', 'list', '--limit', ''], /whole number/],
    ['unknown status', ['goals', 'list', '--status', 'odd'], /Allowed choices are queued/],
    ['variable without a value', ['schedules', 'create', '--variable', 'bad', 'x'], /a name, = and a value/],
    ['no rows', ['approvals', 'list', '--limit', '0'], /from 1 to 1000/],
    ['a goal and all to halt', ['halt', 'g1', '--all'], /not clear what is meant/],
    ['a goal and all to release', ['halt', 'g1', '--all', '--release'], /not clear what is meant/],
    ['nothing to release', ['halt', '--release'], /not said what is released/],
    ['a reason and no target', ['halt', '--reason', 'x'], /not said what is halted/],
    ['no change of a schedule', ['schedules', 'edit', 'weekly'], /not said what changes/],
    ['unknown shell', ['completion', 'tcsh'], /Allowed choices are bash, zsh, fish/],
  ])('%s → code 2 and a reason', async (_case, args, reason) => {
    const { code, err } = await cli(args);
    expect(code).toBe(2);
    expect(err).toMatch(reason);
  });

  it.each(['/proc/none/x.md', '/dev/null/x.md', tmpdir()])(
    'run -o %s → refused before anything is started',
    async (output) => {
      const { code, err } = await cli(['run', '--simulate', '-o', output, 'a goal']);
      expect({ code, err }).toEqual({
        code: 2,
        err: expect.stringMatching(/cannot be written[\s\S]*Nothing was started/),
      });
      expect(await readdir(dir)).toEqual([]);
    },
  );

  it('run without a key and without --simulate → refused before anything exists', async () => {
    const { code, err } = await cli(['run', 'a goal']);
    expect(code).toBe(2);
    expect(err).toMatch(/error: There is no Anthropic API key[\s\S]*remedy: Set ANTHROPIC_API_KEY, or add --simulate/);
    expect(await readdir(dir)).toEqual([]);
  });

  it('up without a key and without --simulate → refused before anything exists', async () => {
    expect(await cli(['up', '--detach'])).toMatchObject({ code: 2, err: expect.stringMatching(/config\.no-key/) });
    expect(await readdir(dir)).toEqual([]);
  });

  it.each([
    ['17 empty goal', ['run', '--simulate', '   '], /text: is empty/],
    ['no goal at all', ['run', '--simulate'], /There is no goal/],
    ['18 5 MB on standard input', ['run', '--simulate', '-'], /5000000 bytes of UTF-8, the limit is 65536/],
    ['bad tag', ['run', '--simulate', '--tag', 'No', 'x'], /tags\[0\]: /],
    ['0 tasks at once', ['run', '--simulate', '--max-parallel', '0', 'x'], /maxParallelTasks: /],
    [
      'plan file that is missing',
      ['run', '--simulate', '--plan', 'none.yaml', 'x'],
      /none\.yaml: it cannot be read \(ENOENT\)/,
    ],
  ])('run: %s → refused before anything is started', async (_case, args, reason) => {
    const { code, err } = await cli(args, { stdin: 'x'.repeat(5_000_000) });
    expect(code).toBe(2);
    expect(err).toMatch(reason);
    expect(await readdir(dir)).toEqual([]);
  });

  it.each([[['goals', 'list']], [['goals', 'cancel', 'x']], [['store', 'export', 'x.jsonl']]])(
    '%j without an instance → code 6 and how to start one',
    async (args) => {
      const { code, err } = await cli(args);
      expect(code).toBe(6);
      expect(err).toMatch(/No instance runs in[\s\S]*orchestrator up/);
    },
  );

  it('status and down without an instance → said; 6 and 0', async () => {
    expect(await cli(['status'])).toMatchObject({ code: 6, out: expect.stringMatching(/No instance runs/) });
    expect(await cli(['down'])).toMatchObject({ code: 0, out: expect.stringMatching(/Nothing runs/) });
    const { out } = await cli(['status', '--json']);
    expect(JSON.parse(out)).toMatchObject({ state: 'none' });
  });

  it('agents → the built-in ones and own ones marked', async () => {
    const config = join(dir, 'config.yaml');
    await writeFile(
      config,
      'agents:\n  own:\n    - { name: lawyer, description: Reads contracts, instructions: Be exact. }\n',
    );
    const { code, out } = await cli(['agents', '--config', config]);
    expect(code).toBe(0);
    expect(out).toMatch(/^AGENT +TIER +TOOLS +GOOD AT/);
    expect(out).toMatch(/^lawyer \(yours\) +balanced +- +Reads contracts/m);
    expect(out).toMatch(/^writer /m);
    const listed = JSON.parse((await cli(['agents', '--config', config, '--json'])).out) as {
      name: string;
      own: boolean;
    }[];
    expect(listed.find((agent) => agent.name === 'lawyer')?.own).toBe(true);
  });

  it('config show → values with their source, the key masked', async () => {
    const env = { ANTHROPIC_API_KEY: 'sk-ant-secret-secret-1234', ORCHESTRATOR_TENANT: 'acme' };
    const { code, out } = await cli(['config', 'show'], { env });
    expect(code).toBe(0);
    expect(out).not.toMatch(/secret-secret/);
    expect(out).toMatch(/claude\.apiKey +\*\*\*\*1234/);
    expect(out).toMatch(/tenant +"acme" +.*ORCHESTRATOR_TENANT/);
    expect(out).toMatch(/dataDir +.*flag/);
  });

  it('config validate and schema → valid; JSON Schema', async () => {
    expect(await cli(['config', 'validate'])).toMatchObject({ code: 0, out: 'The configuration is valid.\n' });
    expect(JSON.parse((await cli(['config', 'schema'])).out)).toMatchObject({ type: 'object' });
  });

  it('config validate: bad value → code 2 naming key and source', async () => {
    const { code, err } = await cli(['config', 'validate'], { env: { ORCHESTRATOR_TEMPORAL__PORT: '99999' } });
    expect(code).toBe(2);
    expect(err).toMatch(/temporal\.port[\s\S]*ORCHESTRATOR_TEMPORAL__PORT/);
  });

  it('doctor → a finding for every part; the key is never printed', async () => {
    const env = { ANTHROPIC_API_KEY: 'sk-ant-secret-secret-1234', PATH: process.env.PATH ?? '' };
    const { out } = await cli(['doctor', '--json'], { env });
    expect(out).not.toMatch(/secret-secret/);
    const findings = JSON.parse(out) as { name: string; level: string }[];
    expect(findings.map((each) => each.name)).toEqual([
      'Node.js',
      'Configuration',
      'Data folder',
      'Disk space',
      'Worker',
      'Ports',
      'Temporal',
      'PostgreSQL',
      'Claude key',
      'Instance',
    ]);
    expect(await readdir(dir)).toEqual([]);
  });

  it('doctor: broken configuration → failed finding, code 2', async () => {
    const { code, out } = await cli(['doctor'], { env: { ORCHESTRATOR_TENANT: 'No Good' } });
    expect(code).toBe(2);
    expect(out).toMatch(/✖ Configuration +The configuration is not valid[\s\S]*remedy: /);
  });

  it('--no-color and pipes → no escape in any output', async () => {
    for (const args of [['--help'], ['agents'], ['doctor'], ['status'], ['bogus']]) {
      const { out, err } = await cli(args);
      expect(out + err).not.toMatch(/\u001b/);
    }
  });
});
