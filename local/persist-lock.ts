import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalAccountError } from './account-error';
import { isAlive } from './processes/alive';

/**
 * Takes a folder of state for this account alone: two that write the same tables would lose each other's rows.
 * @returns gives the folder free
 * @throws LocalAccountError IN_USE with the pid of the account that has it
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, 'in-use-by');
  const holder = holderOf(file);
  if (holder !== undefined && isAlive(holder)) throw inUse(folder, holder);
  // Left by an account that was killed.
  if (holder !== undefined) rmSync(file, { force: true });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw inUse(folder, holderOf(file) ?? 0);
  }
  return () => rmSync(file, { force: true });
}

function holderOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function inUse(folder: string, pid: number): LocalAccountError {
  const fix = `Stop it, or give this account another folder with --persist; if pid ${pid} is no account, remove ${join(folder, 'in-use-by')}.`;
  return new LocalAccountError('IN_USE', `The folder ${folder} is in use by pid ${pid}, another local account. ${fix}`);
}
