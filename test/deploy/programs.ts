import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../suites/bundling';
import { ROOT } from '../suites/root';

const KINDS = ['desk-http', 'desk-stdio'] as const;
const VERSIONS = ['one', 'two'] as const;

/** Bundles the servers, each version of each into a folder of its own, such as `desk-http-one`; `desk-http-broken` ends at once. */
export async function makePrograms(folder: string): Promise<void> {
  const bundled = join(folder, 'bundled');
  await bundle(Object.fromEntries(KINDS.map((kind) => [kind, `test/deploy/programs/${kind}/main.ts`])), bundled);
  for (const kind of KINDS) {
    const program = readFileSync(join(bundled, `${kind}.js`), 'utf8');
    for (const version of VERSIONS) write(join(folder, `${kind}-${version}`), `globalThis.DESK_VERSION = '${version}';\n${program}`);
  }
  write(join(folder, 'desk-http-broken'), `console.error('Cannot find the price list'); process.exit(7);\n`);
}

function write(folder: string, program: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'index.js'), program);
  copyFileSync(join(ROOT, 'build/images/Dockerfile'), join(folder, 'Dockerfile'));
}
