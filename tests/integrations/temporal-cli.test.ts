import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultCliCacheDir } from '../../src/integrations/temporal/cli-cache.ts';
import { readTemporalCliVersion, temporalSecurityNote } from '../../src/integrations/temporal/cli-version.ts';
import { locateTemporalCli } from '../../src/integrations/temporal/locate-temporal-cli.ts';

let dir: string;
let env: NodeJS.ProcessEnv;
let cacheDir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orchestrator-cli-'));
  cacheDir = join(dir, 'cache');
  await mkdir(join(dir, 'bin'));
  // The proxy is a closed door: the download fails at once on any machine.
  const closed = 'http://127.0.0.1:9';
  env = { PATH: `${join(dir, 'bin')}:/usr/bin:/bin`, HOME: dir, HTTPS_PROXY: closed, https_proxy: closed };
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function script(path: string, body: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

const fakeCli = (path: string, cli = '1.4.0') =>
  script(path, `echo "temporal version ${cli} (Server 1.30.4, UI 2.42.1)"`);

/** A `go` whose install takes a moment, counts itself, and leaves a CLI. */
const fakeGo = () =>
  script(
    join(dir, 'bin', 'go'),
    [
      `echo "$@" >> ${dir}/go-calls`,
      '[ "$1" = install ] || exit 0',
      'sleep 0.3',
      `printf '#!/bin/sh\\necho "temporal version 0.0.0-DEV (Server 1.29.1, UI 2)"\\n' > "$GOBIN/temporal"`,
      'chmod 755 "$GOBIN/temporal"',
    ].join('\n'),
  );

describe('Temporal CLI', () => {
  it('the configured path goes before TEMPORAL_CLI_PATH, that before PATH, that before the cache', async () => {
    const configured = await fakeCli(join(dir, 'a', 'temporal'));
    const named = await fakeCli(join(dir, 'b', 'temporal'));
    const onPath = await fakeCli(join(dir, 'bin', 'temporal'));
    const cached = await fakeCli(join(cacheDir, '1.4.0', 'temporal'));
    const withName = { ...env, TEMPORAL_CLI_PATH: named };
    expect(await locateTemporalCli({ cliPath: configured, env: withName, cacheDir })).toBe(configured);
    expect(await locateTemporalCli({ env: withName, cacheDir })).toBe(named);
    expect(await locateTemporalCli({ env, cacheDir })).toBe(onPath);
    await rm(onPath);
    expect(await locateTemporalCli({ env, cacheDir })).toBe(cached);
  });

  it('a named binary that is none → temporal.cli-invalid naming the setting, nothing else tried', async () => {
    await fakeCli(join(dir, 'bin', 'temporal'));
    const other = await script(join(dir, 'other'), 'echo hello');
    await expect(locateTemporalCli({ cliPath: other, env, cacheDir })).rejects.toMatchObject({
      code: 'temporal.cli-invalid',
      facts: { path: other, source: 'temporal.cliPath', why: 'it is not the Temporal CLI' },
    });
    const missing = join(dir, 'missing');
    const withName = { ...env, TEMPORAL_CLI_PATH: missing };
    for (const configured of [{}, { cliPath: missing }]) {
      await expect(locateTemporalCli({ ...configured, env: withName, cacheDir })).rejects.toMatchObject({
        code: 'temporal.cli-invalid',
        facts: { source: 'TEMPORAL_CLI_PATH', why: expect.stringContaining('ENOENT') },
      });
    }
  });

  it('the cache: the newest version that runs → used; broken ones passed over', async () => {
    await fakeCli(join(cacheDir, '1.9.0', 'temporal'));
    const newer = await fakeCli(join(cacheDir, '1.10.0', 'temporal'));
    await script(join(cacheDir, '1.11.0', 'temporal'), 'exit 1');
    expect(await locateTemporalCli({ env, cacheDir })).toBe(newer);
  });

  it('nothing there, no network, Go → built once by two callers at once, moved into the cache, progress told', async () => {
    await fakeGo();
    const lines: string[] = [];
    const options = { env, cacheDir, onProgress: (line: string) => lines.push(line) };
    const found = await Promise.all([locateTemporalCli(options), locateTemporalCli(options)]);
    const expected = join(cacheDir, '1.5.1', 'temporal');
    expect(found).toEqual([expected, expected]);
    const calls = (await readFile(join(dir, 'go-calls'), 'utf8')).trim().split('\n');
    expect(calls).toEqual(['version', 'install -ldflags -s -w github.com/temporalio/cli/cmd/temporal@v1.5.1']);
    expect(lines).toContain('Temporal CLI: downloading …');
    expect(lines.some((line) => line.includes('building v1.5.1'))).toBe(true);
    expect((await readdir(cacheDir)).filter((name) => name.startsWith('.work'))).toEqual([]);
  });

  it('nothing works → temporal.unavailable with all that was tried and the remedies', async () => {
    await script(join(dir, 'bin', 'temporal'), 'echo broken >&2; exit 3');
    await script(join(dir, 'bin', 'go'), '[ "$1" = version ] || { echo "go: module lookup failed" >&2; exit 1; }');
    const attempt = locateTemporalCli({ env, cacheDir });
    await expect(attempt).rejects.toMatchObject({
      code: 'temporal.unavailable',
      remedy: expect.stringMatching(/TEMPORAL_CLI_PATH.*Go 1\.25.*TEMPORAL_ADDRESS/),
      facts: {
        tried: [
          expect.stringContaining('it does not run: broken'),
          expect.stringContaining('cache'),
          expect.stringContaining('official download: '),
          'build with Go: go: module lookup failed',
        ],
      },
    });
  });

  it('a cache folder that cannot be made → temporal.unavailable says so', async () => {
    await writeFile(join(dir, 'file'), '');
    await expect(locateTemporalCli({ env, cacheDir: join(dir, 'file', 'cache') })).rejects.toMatchObject({
      code: 'temporal.unavailable',
      message: expect.stringContaining('cannot be created (ENOTDIR)'),
    });
  });

  it('called off during a build → ends it and throws', async () => {
    await script(join(dir, 'bin', 'go'), `[ "$1" = install ] || exit 0; echo $$ > ${dir}/go-pid; exec sleep 600`);
    const stop = new AbortController();
    const onProgress = (line: string) => {
      if (line.includes('building')) stop.abort();
    };
    await expect(locateTemporalCli({ env, cacheDir, onProgress, signal: stop.signal })).rejects.toMatchObject({
      code: 'temporal.unavailable',
    });
  });

  it('the user’s cache folder: XDG_CACHE_HOME first', () => {
    expect(defaultCliCacheDir({ XDG_CACHE_HOME: '/c' })).toBe('/c/ai-orchestrator/temporal');
  });

  it('version: read from the binary; a hanging or foreign one → the reason', async () => {
    expect(await readTemporalCliVersion(await fakeCli(join(dir, 'cli'), '1.5.1'))).toEqual({
      cli: '1.5.1',
      server: '1.30.4',
    });
    expect(await readTemporalCliVersion('/bin/true')).toBe('it is not the Temporal CLI');
  });

  it.each([
    ['1.27.9', true],
    ['1.28.3', true],
    ['1.28.4', false],
    ['1.29.1', true],
    ['1.29.6', false],
    ['1.30.3', true],
    ['1.30.4', false],
    ['1.31.0', false],
    ['v1.29.5', true],
    ['2.0.0', false],
    ['dev', true],
  ])('CVE-2026-5724: server %s → note %s', (version, noted) => {
    const note = temporalSecurityNote(version);
    expect(note !== undefined).toBe(noted);
    if (note) expect(note).toContain('CVE-2026-5724');
  });
});
