/** Jest over the TypeScript sources: ES modules through swc. Only `*.int.test.ts` pays for real servers. */
import { ALONE } from './tests/setup/pace.mjs';

const shared = {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
};
const onServers = {
  ...shared,
  globalSetup: '<rootDir>/tests/setup/start-servers.mjs',
  globalTeardown: '<rootDir>/tests/setup/stop-servers.mjs',
};

export default {
  // Above what tests wait for at most (tests/support/until.ts): the machine may be slow.
  testTimeout: 180_000,
  coverageProvider: 'v8',
  // The servers of the integration tests need the second core.
  maxWorkers: 2,
  // Every file leaves something in its worker. A large heap stops for long collections, and heartbeats are late.
  workerIdleMemoryLimit: '800MB',
  workerGracefulExitTimeout: 10_000,
  testSequencer: '<rootDir>/tests/setup/longest-first.mjs',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.int\\.test\\.ts$'],
    },
    {
      ...onServers,
      displayName: 'integration',
      testMatch: ['**/*.int.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...ALONE.map((name) => `/tests/${name}\\.int\\.test\\.ts$`)],
    },
    {
      ...onServers,
      displayName: 'alone',
      testMatch: ALONE.map((name) => `<rootDir>/tests/${name}.int.test.ts`),
      runner: ['<rootDir>/tests/setup/paced-runner.mjs', { workers: 1, fresh: true }],
    },
  ],
};
