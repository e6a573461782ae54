import type { BuildOptions } from 'esbuild';
import { ROOT } from './root';

/** How every program of the suite becomes one file that Node runs. */
export const BUNDLING = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  mainFields: ['module', 'main'],
  logLevel: 'warning',
} satisfies BuildOptions;
