import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../processes/alive';
import { makeStateFolder, stateFolderOf } from '../state-folder';

/** How another terminal finds an account that runs in a folder. */
export interface ControlFile {
  readonly pid: number;
  readonly controlUrl: string;
  /** Bearer token of the control server. */
  readonly controlToken: string;
  readonly baseUrl: string;
}

const NAME = /^local-\d+-\w+\.json$/;

/** A file for one account of this process: several may run in one folder. */
export function newControlFilePath(folder: string): string {
  return join(stateFolderOf(folder), `local-${process.pid}-${randomBytes(4).toString('hex')}.json`);
}

/** Readable by this user alone: it holds the token. */
export function writeControlFile(folder: string, path: string, content: ControlFile): void {
  makeStateFolder(folder);
  rmSync(path, { force: true });
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

export function removeControlFile(path: string): void {
  rmSync(path, { force: true });
}

/** The accounts whose process lives, of those that run in a folder. */
export function readControlFiles(folder: string): readonly ControlFile[] {
  const state = stateFolderOf(folder);
  return namesIn(state)
    .filter((name) => NAME.test(name))
    .map((name) => readControlFile(join(state, name)))
    .filter((file) => file !== undefined && isAlive(file.pid)) as ControlFile[];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Only what an account of this user has written, which nobody else can read or write: a repository may bring a file of that name. */
function readControlFile(path: string): ControlFile | undefined {
  try {
    const { uid, mode } = lstatSync(path);
    if (uid !== process.getuid?.() || (mode & 0o077) !== 0) return undefined;
    return JSON.parse(readFileSync(path, 'utf8')) as ControlFile;
  } catch {
    return undefined;
  }
}
