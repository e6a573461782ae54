import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Copies what is in a folder into another: links as links, permissions kept. The system's own `cp` is several times as fast as ours would be. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await promisify(execFile)('/bin/cp', ['-RPp', `${from}/.`, to]);
}
