/** Jest over the TypeScript sources: ES modules through swc. Only `*.int.test.ts` pays for real servers. */
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

export default {
  testTimeout: 60_000,
  coverageProvider: 'v8',
  // The servers of the integration tests need the second core.
  maxWorkers: 2,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.int\\.test\\.ts$'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['**/*.int.test.ts'],
      globalSetup: '<rootDir>/tests/setup/start-servers.mjs',
      globalTeardown: '<rootDir>/tests/setup/stop-servers.mjs',
    },
  ],
};
