import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { LocalCommand } from './services';

/**
 * Where the program of a local command is: in the server's own folder where there is one, else where the files are that its words name,
 * such as `servers/search` of `python3 servers/search/main.py`; and where they name none, in the folder of the app.
 */
export function commandFolders({ words, directory }: LocalCommand, appFolder: string): readonly string[] {
  if (directory !== undefined) return [resolve(appFolder, directory)];
  const files = words.map((word) => resolve(appFolder, word)).filter(isFileOfOurs);
  const folders = files.map(dirname).filter((folder) => folder !== appFolder);
  return folders.length > 0 ? [...new Set(folders)] : [appFolder];
}

function isFileOfOurs(path: string): boolean {
  return !path.includes('node_modules') && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
