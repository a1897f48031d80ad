import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findingLines } from '../../src/cli/commands/doctor.ts';
import { judgeBuilds } from '../../src/cli/doctor/builds.ts';
import { finding, ok } from '../../src/cli/doctor/check.ts';
import {
  checkDataFolder,
  checkDisk,
  checkNode,
  checkPorts,
  describeWorker,
  judgeDisk,
} from '../../src/cli/doctor/machine.ts';
import { checkInstances, checkKey, checkPostgres, checkTemporal } from '../../src/cli/doctor/services.ts';
import { createPaint } from '../../src/cli/view/paint.ts';
import { configSchema } from '../../src/core/config.ts';
import { OrchestratorError } from '../../src/core/failures.ts';
import { resourcesOf } from '../../src/workers/resources.ts';

const config = (change: object = {}) => configSchema.parse(change);

describe('doctor', () => {
  it.each([
    ['18.20.0', 'fail'],
    ['20.18.9', 'fail'],
    ['v20.19.0', 'warn'],
    ['22.12.0', 'ok'],
    ['24.0.0', 'ok'],
  ])('Node %s → %s', (version, level) => {
    expect(checkNode(version).level).toBe(level);
  });

  it.each([
    [0.1, 'fail'],
    [1, 'warn'],
    [5, 'ok'],
  ])('%d GiB free → %s', (gib, level) => {
    expect(judgeDisk(gib * 1024 ** 3).level).toBe(level);
  });

  it('builds: none seen, none current, one current and goals without a build → warn, fail, ok', () => {
    const build = (buildId: string, current: boolean, openGoals: number) => ({ buildId, current, openGoals });
    expect(judgeBuilds('d', { builds: [], unversionedGoals: 0 }).level).toBe('warn');
    const none = judgeBuilds('d', { builds: [build('2', false, 0), build('1', false, 3)], unversionedGoals: 0 });
    expect(none).toMatchObject({ level: 'fail', remedy: expect.stringMatching(/--build-id 2$/) });
    const one = judgeBuilds('d', { builds: [build('2', true, 1), build('1', false, 3)], unversionedGoals: 2 });
    expect(one).toEqual(
      ok('Builds', 'deployment d\n2: 1 open goal (current)\n1: 3 open goals\nwithout a build: 2 open goals'),
    );
  });

  it('worker → its slots by role and its memory (§3.7)', () => {
    const machine = { cores: 2, memoryMb: 2_000 };
    const { worker } = configSchema.parse({});
    expect(describeWorker(resourcesOf(worker, machine), machine)).toMatchObject({
      level: 'ok',
      detail:
        '2 cores, 2000 MB: 165 calls at once (125 of models, 20 of tools), 40 workflow tasks; 1000 MB, 100 workflows kept',
    });
  });

  it('data folder: missing, private, open to others → ok, ok, warn; disk is measured where it will be', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'doctor-'));
    try {
      expect(await checkDataFolder(join(dir, 'a', 'b'))).toMatchObject({
        level: 'ok',
        detail: expect.stringMatching(/first start/),
      });
      expect(await checkDataFolder(dir)).toMatchObject({ level: 'ok' });
      await chmod(dir, 0o755);
      expect(await checkDataFolder(dir)).toMatchObject({ level: 'warn', remedy: `chmod 700 ${dir}` });
      expect((await checkDisk(join(dir, 'a', 'b'))).detail).toMatch(/GiB free/);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('ports: taken, any → said that another is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    try {
      expect((await checkPorts([port, 0], { state: 'none' })).detail).toBe(
        `${port} in use; free ones are taken in their place`,
      );
    } finally {
      server.close();
    }
  });

  it('key: none → warn; set → where from, never what', async () => {
    const loaded = {
      sources: new Map([['claude.apiKey', { source: 'env', detail: 'environment ANTHROPIC_API_KEY' }]]),
    };
    const settings = (change: object) => ({ config: config(change), loaded }) as never;
    expect(await checkKey(settings({}))).toMatchObject({ level: 'warn' });
    const set = await checkKey(
      settings({ claude: { apiKey: 'sk-very-secret', baseUrl: 'http://user:pw@gate.example/x' } }),
    );
    expect(set.detail).toBe('set by environment ANTHROPIC_API_KEY, sent to gate.example (not tried: that would cost)');
  });

  it('named servers out of reach → failed findings with their remedies', async () => {
    const away = config({
      temporal: { address: '127.0.0.1:1' },
      database: { url: 'postgres://u:secret-pw@127.0.0.1:1/x' },
    });
    const both = await Promise.all([
      finding('Temporal', () => checkTemporal({ config: away, simulate: false })),
      finding('PostgreSQL', () => checkPostgres({ config: away, simulate: false })),
    ]);
    for (const each of both) expect(each).toMatchObject({ level: 'fail', remedy: expect.stringMatching(/\w/) });
    expect(JSON.stringify(both)).not.toMatch(/secret-pw/);
  });

  it('no instance → said', async () => {
    const dataDir = join(tmpdir(), 'doctor-nowhere');
    expect(await checkInstances({ config: config({ dataDir }) })).toMatchObject({ level: 'ok', detail: 'none runs' });
  });

  it('check that throws → failed finding: ours with its remedy, others with ours', async () => {
    const known = new OrchestratorError('x.y', 'broken', { remedy: 'mend' });
    expect(await finding('A', () => Promise.reject(known))).toEqual({
      name: 'A',
      level: 'fail',
      detail: 'broken',
      remedy: 'mend',
    });
    expect(await finding('A', () => Promise.reject(new Error('odd')))).toMatchObject({ level: 'fail', detail: 'odd' });
  });

  it('lines → glyph, name, detail, remedy; several lines indented', () => {
    const paint = createPaint(false);
    expect(findingLines(ok('Ports', '7233'), paint)).toEqual(['✔ Ports         7233']);
    expect(findingLines({ name: 'X', level: 'fail', detail: 'a\nb', remedy: 'c' }, paint)).toEqual([
      '✖ X             a',
      '    b',
      '    remedy: c',
    ]);
  });
});
