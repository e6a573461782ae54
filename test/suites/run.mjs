// npm run test:<suite>: installs what is missing, builds, and runs one of the long suites: a folder beside this one with a
// main.ts. The last line says what was seen; the exit code is the verdict.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installMissing, root, run } from '../../build/install.mjs';

const folder = join(root, 'test');
const suites = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'main.ts')));
const suite = process.argv[2];
if (!suites.includes(suite)) {
  console.error(`Usage: node test/suites/run.mjs <suite> [options]\n\nSuites: ${suites.join(', ')}; each says its options with --help.`);
  process.exit(2);
}
if (!installMissing() || !run(process.execPath, ['build/when-stale.mjs'])) process.exit(4);
await import('tsx'); // TypeScript from here on, in this very process, so that Ctrl-C needs no messenger
await import(`../${suite}/main.ts`);
