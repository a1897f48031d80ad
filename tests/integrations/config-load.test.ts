import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { configSchema } from '../../src/core/config.ts';
import { OrchestratorError } from '../../src/core/failures.ts';
import { configSecrets, describeConfig } from '../../src/integrations/config/describe-config.ts';
import { loadConfig } from '../../src/integrations/config/load-config.ts';
import { requireWritableFolder, resolveConfigPath } from '../../src/integrations/config/paths.ts';
import { type ConfigFolder, configFolder, problemsOf } from './config-folder.ts';

let folder: ConfigFolder;
beforeEach(() => {
  folder = configFolder();
});
afterEach(() => folder.remove());

describe('loadConfig: precedence', () => {
  it('nothing given → the defaults, every setting with its source, base folder the working one', () => {
    const loaded = folder.load();
    expect(loaded.config).toEqual(configSchema.parse({}));
    expect([...loaded.sources.values()].every(({ source }) => source === 'default')).toBe(true);
    expect(loaded.sources.has('claude.tiers.fast.model')).toBe(true);
    expect(loaded.baseDir).toBe(folder.path);
    expect(loaded.warnings).toEqual([]);
  });

  it('file, environment and flags set the same key → the flag wins, then the environment, then the file', () => {
    folder.write('config.yaml', 'goals:\n  maxTasks: 1\n  maxTurns: 1\n  maxReplans: 1\n');
    const env = { ORCHESTRATOR_GOALS__MAX_TASKS: '2', ORCHESTRATOR_GOALS__MAX_TURNS: '2' };
    const { config, sources } = folder.load(env, { 'goals.maxTasks': 3, 'goals.maxRetries': undefined });
    expect(config.goals).toMatchObject({ maxTasks: 3, maxTurns: 2, maxReplans: 1, maxRetries: 1 });
    expect(sources.get('goals.maxTasks')).toEqual({ source: 'flag', detail: 'flag' });
    expect(sources.get('goals.maxTurns')).toEqual({
      source: 'env',
      detail: 'environment ORCHESTRATOR_GOALS__MAX_TURNS',
    });
    expect(sources.get('goals.maxReplans')).toEqual({ source: 'file', detail: 'config.yaml:4' });
    expect(sources.get('goals.maxRetries')).toEqual({ source: 'default', detail: 'default' });
  });

  it('one setting of a tier → the tier’s other defaults stay', () => {
    folder.write('config.yaml', 'claude:\n  tiers:\n    deep:\n      maxOutputTokens: 1000\n');
    expect(folder.load().config.claude.tiers.deep).toEqual({
      ...configSchema.parse({}).claude.tiers.deep,
      maxOutputTokens: 1000,
    });
  });

  it('--config before ORCHESTRATOR_CONFIG before config.yaml; relative paths start at the file', () => {
    folder.write('config.yaml', 'tenant: standard');
    const other = folder.write('other.yaml', 'tenant: other');
    folder.write('flag.yaml', 'tenant: flag');
    expect(folder.load().config.tenant).toBe('standard');
    expect(loadConfig({ cwd: '/', env: { ORCHESTRATOR_CONFIG: other } })).toMatchObject({
      config: { tenant: 'other' },
      baseDir: folder.path,
    });
    const both = loadConfig({ cwd: folder.path, file: 'flag.yaml', env: { ORCHESTRATOR_CONFIG: other } });
    expect(both.config.tenant).toBe('flag');
  });

  it('a named file that is not there → refused; config.yaml that is not there → fine', () => {
    expect(problemsOf(() => loadConfig({ cwd: folder.path, file: 'no.yaml', env: {} }))).toEqual([
      expect.objectContaining({ source: 'no.yaml', message: 'there is no such file' }),
    ]);
    expect(folder.load().config.tenant).toBe('default');
  });

  it('every variable of the table → its setting', () => {
    const { config } = folder.load({
      ORCHESTRATOR_DATA_DIR: '/data',
      ORCHESTRATOR_TENANT: 'acme',
      TEMPORAL_ADDRESS: 'temporal:7233',
      TEMPORAL_NAMESPACE: 'prod',
      TEMPORAL_CLI_PATH: '/bin/temporal',
      DATABASE_URL: 'postgres://u:p@h/d',
      ANTHROPIC_API_KEY: 'sk-ant-test',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:1',
      ORCHESTRATOR_LOG_LEVEL: 'debug',
      ORCHESTRATOR_LOG_FORMAT: 'json',
      ORCHESTRATOR_CLAUDE__TIERS__FAST__MODEL: 'claude-x',
      ORCHESTRATOR_GOALS__SYNTHESIS: 'false',
    });
    expect(config).toMatchObject({
      dataDir: '/data',
      tenant: 'acme',
      temporal: { address: 'temporal:7233', namespace: 'prod', cliPath: '/bin/temporal' },
      database: { url: 'postgres://u:p@h/d' },
      claude: { apiKey: 'sk-ant-test', baseUrl: 'http://127.0.0.1:1', tiers: { fast: { model: 'claude-x' } } },
      logging: { level: 'debug', format: 'json' },
      goals: { synthesis: false },
    });
  });
});

describe('loadConfig: problems', () => {
  it('wrong in file, environment and flags → one error that lists key, value, source and remedy of each', () => {
    folder.write('config.yaml', 'temporal:\n  port: 99999\nloging: {}\n');
    const act = () => folder.load({ ORCHESTRATOR_GOALS__MAX_TURNS: 'many' }, { 'logging.level': 'loud' });
    expect(problemsOf(act)).toEqual([
      expect.objectContaining({
        key: 'goals.maxTurns',
        value: '"many"',
        source: 'environment ORCHESTRATOR_GOALS__MAX_TURNS',
      }),
      expect.objectContaining({
        key: 'temporal.port',
        value: '99999',
        source: 'config.yaml:2',
        remedy: 'Give a whole number from 0 to 65535.',
      }),
      expect.objectContaining({
        key: 'logging.level',
        value: '"loud"',
        source: 'flag',
        remedy: 'Give one of error, warn, info, debug.',
      }),
      expect.objectContaining({ key: 'loging', source: 'config.yaml:3', remedy: 'Did you mean "logging"?' }),
    ]);
    expect(act).toThrow(/4 problems:\n {2}- goals\.maxTurns = "many" \(environment ORCHESTRATOR_GOALS__MAX_TURNS\)/);
  });

  it.each([
    ['goals:\n  maxTaks: 5', 'goals.maxTaks', 'Did you mean "maxTasks"?'],
    ['claude:\n  tiers:\n    fats: {}', 'claude.tiers.fats', 'Did you mean "fast"?'],
    ['databse:\n  poolSize: 5', 'databse', 'Did you mean "database"?'],
    ['logging:\n  zebra: 1', 'logging.zebra', 'Known here: level, format.'],
  ])('76 unknown key: %j → refused with what was meant', (yaml, key, remedy) => {
    folder.write('config.yaml', yaml);
    expect(problemsOf(() => folder.load())).toEqual([expect.objectContaining({ key, remedy })]);
  });

  it.each([
    ['ORCHESTRATOR_TENNANT', 'Did you mean "ORCHESTRATOR_TENANT"?'],
    ['ORCHESTRATOR_LOGLEVEL', 'Did you mean "ORCHESTRATOR_LOG_LEVEL"?'],
    ['ORCHESTRATOR_GOALS__MAXTASKS', 'Did you mean "ORCHESTRATOR_GOALS__MAX_TASKS"?'],
    ['ORCHESTRATOR_AGENTS__OWN', 'Remove it; `orchestrator config show` lists all.'],
  ])('76 unknown variable: %s → refused with what was meant', (name, remedy) => {
    expect(problemsOf(() => folder.load({ [name]: 'x' }))).toEqual([
      expect.objectContaining({ key: name, source: 'environment', remedy }),
    ]);
  });

  it('76 unknown flag → refused with what was meant', () => {
    expect(problemsOf(() => folder.load({}, { 'goals.verfy': 'off' }))[0]?.remedy).toBe('Did you mean "goals.verify"?');
  });

  it('variables that Kubernetes sets for a service of our name → ignored', () => {
    const env = {
      ORCHESTRATOR_SERVICE_HOST: '10.0.0.1',
      ORCHESTRATOR_PORT: 'tcp://10.0.0.1:80',
      ORCHESTRATOR_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    expect(folder.load(env).config.temporal.port).toBe(7233);
  });

  it.each([
    'ANTHROPIC_API_KEY',
    'DATABASE_URL',
    'ORCHESTRATOR_TENANT',
    'ORCHESTRATOR_GOALS__MAX_TASKS',
    'ORCHESTRATOR_CONFIG',
  ])('77 empty variable: %s="" → the same as unset', (name) => {
    expect(folder.load({ [name]: '' })).toEqual(folder.load({}));
  });

  it.each(['0x10', '1e3', ' 10 ', '10.0', '+10', '010', '1_000', '١٠', 'ten', '99999999999999999999'])(
    'whole number as text: %j → refused, not coerced',
    (text) => {
      expect(problemsOf(() => folder.load({ ORCHESTRATOR_GOALS__MAX_TASKS: text }))).toEqual([
        expect.objectContaining({ key: 'goals.maxTasks', remedy: 'Give a whole number from 1 to 1000.' }),
      ]);
    },
  );

  it.each(['yes', '1', 'TRUE', 'on', '0'])('boolean as text: %j → refused, not coerced', (text) => {
    expect(problemsOf(() => folder.load({}, { 'goals.synthesis': text }))[0]?.remedy).toBe('Give true or false.');
  });

  it.each(['sk-ant-key\n', ' sk-ant-key', 'sk-\u0000-key', 'sk-\ud800'])(
    'text with white space around it, NUL or a lone surrogate: %j → refused',
    (text) => {
      const problems = problemsOf(() => folder.load({ ANTHROPIC_API_KEY: text }));
      expect(problems).toEqual([expect.objectContaining({ key: 'claude.apiKey', value: '****' })]);
    },
  );

  it('two variables of one setting: different → refused; equal → fine', () => {
    const name = 'ORCHESTRATOR_TEMPORAL__ADDRESS';
    expect(problemsOf(() => folder.load({ TEMPORAL_ADDRESS: 'a:1', [name]: 'b:1' }))).toHaveLength(1);
    expect(folder.load({ TEMPORAL_ADDRESS: 'a:1', [name]: 'a:1' }).config.temporal.address).toBe('a:1');
  });

  it.each([
    [{ 'temporal.port': '10' }, 10],
    [{ 'temporal.port': 10 }, 10],
  ])('flags: %j → read by the setting’s type', (flags, port) => {
    expect(folder.load({}, flags).config.temporal.port).toBe(port);
  });

  it.each([true, 10.5, Number.NaN, Number.POSITIVE_INFINITY, null, [1], { a: 1 }])(
    'flag of a wrong type: %p → refused',
    (value) => {
      expect(problemsOf(() => folder.load({}, { 'temporal.port': value }))[0]?.key).toBe('temporal.port');
    },
  );

  it.each([
    ['temporal: 5', 'temporal'],
    ['goals: [1]', 'goals'],
    ['claude:\n  tiers: fast', 'claude.tiers'],
    ['temporal:\n  port:', 'temporal.port'],
  ])('section that is none, setting without a value: %j → refused, also beside a variable below it', (yaml, key) => {
    folder.write('config.yaml', yaml);
    const env = { ORCHESTRATOR_TEMPORAL__NAMESPACE: 'x', ORCHESTRATOR_CLAUDE__TIERS__FAST__MODEL: 'm' };
    expect(problemsOf(() => folder.load(env)).map((problem) => problem.key)).toEqual([key]);
  });

  it('a section whose lines are all commented out → the defaults', () => {
    folder.write('config.yaml', 'temporal:\n#  port: 1\ntenant: acme');
    expect(folder.load().config).toEqual({ ...configSchema.parse({}), tenant: 'acme' });
  });

  it.each([-1, 65_536, 99_999, 1.5])('78 port %p → refused with the range', (port) => {
    folder.write('config.yaml', `temporal:\n  port: ${port}`);
    expect(problemsOf(() => folder.load())).toEqual([
      expect.objectContaining({
        key: 'temporal.port',
        value: String(port),
        remedy: 'Give a whole number from 0 to 65535.',
      }),
    ]);
  });
});

describe('loadConfig: secrets', () => {
  const key = 'sk-ant-api03-0123456789abcdefWXYZ';

  it('78 world-readable file with a key → a warning that says chmod; owner-only or without a secret → none', () => {
    const path = folder.write('config.yaml', `claude:\n  apiKey: ${key}`);
    chmodSync(path, 0o644);
    const { warnings } = folder.load();
    expect(warnings).toEqual([expect.stringMatching(/claude\.apiKey .*chmod 600/)]);
    expect(warnings.join()).not.toContain(key);
    chmodSync(path, 0o600);
    expect(folder.load().warnings).toEqual([]);
    chmodSync(folder.write('config.yaml', 'tenant: acme'), 0o644);
    expect(folder.load({ ANTHROPIC_API_KEY: key }).warnings).toEqual([]);
  });

  it('a secret that is refused → masked in message and facts', () => {
    folder.write('config.yaml', `claude:\n  apiKey: [${key}]\ndatabase: postgres://u:hunter22@h/d`);
    try {
      folder.load({ ORCHESTRATOR_CLAUDE__API_KEY: `${key}\n` });
      throw new Error('nothing was refused');
    } catch (error) {
      if (!(error instanceof OrchestratorError)) throw error;
      const shown = `${error.message} ${JSON.stringify(error.facts)}`;
      expect(shown).toContain('claude.apiKey');
      expect(shown).not.toContain(key);
      expect(shown).not.toContain('hunter22');
    }
  });

  it('describeConfig: a row for each setting; long secrets end in four characters, short ones and passwords show nothing', () => {
    const rows = (env: NodeJS.ProcessEnv) => new Map(describeConfig(folder.load(env)).map((row) => [row.key, row]));
    const long = rows({ ANTHROPIC_API_KEY: key, DATABASE_URL: 'postgres://app:hunter22@db:5432/main?sslkey=k' });
    expect(long.get('claude.apiKey')).toMatchObject({
      value: '****WXYZ',
      source: 'env',
      detail: 'environment ANTHROPIC_API_KEY',
    });
    expect(long.get('database.url')?.value).toBe('postgres://app:****@db:5432/main?****');
    expect(long.get('goals.maxTasks')).toMatchObject({
      value: '200',
      source: 'default',
      environment: ['ORCHESTRATOR_GOALS__MAX_TASKS'],
    });
    expect(long.get('temporal.address')?.value).toBeUndefined();
    expect(rows({ ANTHROPIC_API_KEY: 'short-key' }).get('claude.apiKey')?.value).toBe('****');
  });

  it('configSecrets: key, URL and its password, as written and decoded', () => {
    const { config } = folder.load({ ANTHROPIC_API_KEY: key, DATABASE_URL: 'postgres://u:p%40ss-word@h/d' });
    expect(configSecrets(config)).toEqual(['postgres://u:p%40ss-word@h/d', 'p%40ss-word', 'p@ss-word', key]);
    expect(configSecrets(configSchema.parse({}))).toEqual([]);
  });
});

describe('paths', () => {
  it('resolveConfigPath: ~, relative and absolute', () => {
    expect(resolveConfigPath('/base', '~/x')).toBe(join(process.env.HOME ?? '', 'x'));
    expect(resolveConfigPath('/base', 'agents')).toBe('/base/agents');
    expect(resolveConfigPath('/base', '/abs/../y')).toBe('/y');
    expect(resolveConfigPath('/base', '~other/x')).toBe('/base/~other/x');
  });

  it('78 path that cannot be written → config.invalid with key and path; a new one → made', () => {
    const file = folder.write('file', '');
    expect(problemsOf(() => requireWritableFolder('dataDir', join(file, 'data')))).toEqual([
      expect.objectContaining({
        key: 'dataDir',
        value: JSON.stringify(join(file, 'data')),
        message: expect.stringMatching(/ENOTDIR/),
      }),
    ]);
    expect(() => requireWritableFolder('dataDir', join(folder.path, 'a', 'b'))).not.toThrow();
  });
});
