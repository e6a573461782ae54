// Builds where a source is newer than the bundles: a synth beside a running account leaves them alone, and suites in a row build once.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './install.mjs';

/** What is in no bundle; any other folder may be. */
const ASIDE = ['node_modules', 'dist', 'cdk.out', 'coverage', 'docs', 'test'];
/** Written when everything else is. */
const LAST = 'dist/THIRD-PARTY-NOTICES.txt';

const builtAt = timeOf(LAST);
const sources = readdirSync(root).filter((name) => !name.startsWith('.') && !ASIDE.includes(name));
if (sources.some((source) => filesIn(source).some((file) => timeOf(file) > builtAt)))
  process.exitCode = run(process.execPath, ['build/build.mjs']) ? 0 : 1;

/** With its folders: their times tell of what was removed. */
function filesIn(source) {
  const inside = statSync(join(root, source)).isDirectory() ? readdirSync(join(root, source), { recursive: true }) : [];
  return [source, ...inside.map((path) => join(source, path))];
}

function timeOf(file) {
  return statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
