/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  // Real processes on a busy machine; no test asserts a time.
  testTimeout: 30_000,
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/test/(e2e|conformance)/', '\\.long\\.test\\.ts$'],
  transform: { '\\.[cm]?[jt]s$': '<rootDir>/build/jest-transform.cjs' },
  transformIgnorePatterns: ['/node_modules/(?!(@middy|jose|oidc-provider|@modelcontextprotocol|chokidar|readdirp)/)'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  globalSetup: '<rootDir>/build/jest-scratch.cjs',
  globalTeardown: '<rootDir>/build/jest-scratch-end.cjs',
  setupFiles: ['<rootDir>/build/jest-env.cjs'],
};
