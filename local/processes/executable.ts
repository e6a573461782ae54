import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** The system's own programs; nothing of the caller's PATH, which a container would not see either. */
const SYSTEM_PATH = ['/usr/local/bin', '/usr/bin', '/bin'];

/** This very Node, and npm beside it, before the system's programs. */
export function nodePath(): string[] {
  return [dirname(process.execPath), ...SYSTEM_PATH];
}

/** The executable of a name in the first folder of a PATH that has one. */
export function executableOn(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
