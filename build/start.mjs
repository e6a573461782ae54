// npm start: installs what is missing, builds, and runs `mcp-fleet local` in this very process, so that Ctrl-C needs no messenger.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installMissing, root, run } from './install.mjs';

const args = process.argv.slice(2);
const json = args.includes('--json');

phase('install', installMissing);
phase('build', () => run(process.execPath, ['build/build.mjs']));
process.chdir(root);
process.argv = [process.argv[0], join(root, 'bin/mcp-fleet'), 'local', ...args];
await import(pathToFileURL(join(root, 'dist/bin/mcp-fleet.mjs')).href);

function phase(name, work) {
  const start = performance.now();
  const done = work();
  const line = `  ${done ? '✔' : '✘'} ${name.padEnd(16)} ${((performance.now() - start) / 1000).toFixed(1)} s\n`;
  (json ? process.stderr : process.stdout).write(line);
  if (!done) process.exit(4);
}
