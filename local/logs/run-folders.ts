import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../processes/alive';
import { makeStateFolder, stateFolderOf } from '../state-folder';

/** `20261126T183000123-4711`: when the run began, and the process whose run it is. */
const NAME = /^\d{8}T\d{9}-(\d+)(-\d+)?$/;

/** All lines of a run, in the order in which they were written. */
export const RUN_FILE = 'run.ndjson';

/** A folder for the logs of a run that begins. Of the runs that have ended the last one stays, so that one can still look. */
export function newRunFolder(folder: string): string {
  makeStateFolder(folder);
  const ended = runFolders(folder).filter((path) => !isRunning(path));
  for (const path of ended.slice(0, -1)) rmSync(path, { recursive: true, force: true });
  const stamp = new Date().toISOString().replaceAll(/[-:.Z]/g, '');
  const name = join(logsOf(folder), `${stamp}-${process.pid}`);
  for (let more = 0; ; more++) {
    const path = more === 0 ? name : `${name}-${more}`;
    if (mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined) return path;
  }
}

/** The logs of the last run that began in a folder, also where it has ended. */
export function lastRunFolder(folder: string): string | undefined {
  return runFolders(folder).at(-1);
}

/** Oldest first. */
function runFolders(folder: string): readonly string[] {
  const logs = logsOf(folder);
  try {
    const names = readdirSync(logs).filter((name) => NAME.test(name));
    return names.sort().map((name) => join(logs, name));
  } catch {
    return [];
  }
}

function isRunning(path: string): boolean {
  const pid = Number(NAME.exec(path.split('/').at(-1) as string)?.[1]);
  return isAlive(pid);
}

function logsOf(folder: string): string {
  return join(stateFolderOf(folder), 'logs');
}
