// Installs what package-lock.json names and node_modules lacks.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Runs a program of this repository; what it says goes to stderr, because stdout may be read by a program. */
export function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  return status === 0 && signal === null;
}

/** Whether everything is there that the lock file names; installs it first where it is not. */
export function installMissing() {
  return isInstalled() || run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Compared by content: npm writes the two files in an order that says nothing. */
function isInstalled() {
  const locked = packagesOf('package-lock.json');
  const installed = packagesOf('node_modules/.package-lock.json');
  if (!locked || !installed) return false;
  return Object.entries(locked).every(([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version);
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}
