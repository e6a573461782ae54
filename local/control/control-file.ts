import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** How another terminal finds the account that runs in a folder. */
export interface ControlFile {
  readonly pid: number;
  readonly controlUrl: string;
  /** Bearer token of the control server. */
  readonly controlToken: string;
  readonly baseUrl: string;
}

export function controlFilePath(folder: string): string {
  return join(folder, '.mcp-fleet', 'local.json');
}

/** Readable by this user alone: it holds the token. */
export function writeControlFile(folder: string, content: ControlFile): void {
  const path = controlFilePath(folder);
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

export function readControlFile(folder: string): ControlFile | undefined {
  try {
    return JSON.parse(readFileSync(controlFilePath(folder), 'utf8')) as ControlFile;
  } catch {
    return undefined;
  }
}

/** Removes the file unless another account has replaced it. */
export function removeControlFile(folder: string, controlUrl: string): void {
  if (readControlFile(folder)?.controlUrl === controlUrl) rmSync(controlFilePath(folder), { force: true });
}
