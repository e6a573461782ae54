/** Beside the others, but long: what is drawn by chance, explored whole, or waits for processes. */
const base = require('../jest.config.cjs');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  rootDir: '..',
  testMatch: ['**/*.long.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 120_000,
};
