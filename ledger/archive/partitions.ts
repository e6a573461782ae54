import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** So many parts that one of them is small where all of them are many. */
const PARTS = 256;
/** Characters that are held before they go to the disk. */
const HELD = 16 * 1024 * 1024;

/**
 * Lines that are to be looked at together, by a name that they share: those of one name stand in one part, in the order in which they came. What
 * does not fit into memory stands in files of the machine's folder for such; only the user who runs this can read them.
 */
export class Partitions {
  private readonly held: string[][] = Array.from({ length: PARTS }, () => []);
  private size = 0;
  private folder: string | undefined;

  /** @param line without a line end */
  add(name: string, line: string): void {
    (this.held[partOf(name)] as string[]).push(line);
    this.size += line.length;
    if (this.size > HELD) this.spill();
  }

  /** The lines, part by part. */
  *parts(): Generator<readonly string[]> {
    for (const [part, held] of this.held.entries()) {
      const spilled = this.folder === undefined ? '' : readFileSync(join(this.folder, String(part)), 'utf8');
      yield [...spilled.split('\n').slice(0, -1), ...held];
    }
  }

  close(): void {
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
  }

  private spill(): void {
    this.folder ??= mkdtempSync(join(tmpdir(), 'mcp-fleet-verify-'));
    for (const [part, lines] of this.held.entries()) {
      appendFileSync(join(this.folder, String(part)), lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
      lines.length = 0;
    }
    this.size = 0;
  }
}

function partOf(name: string): number {
  let sum = 0;
  for (let at = 0; at < name.length; at++) sum = (sum * 31 + name.charCodeAt(at)) >>> 0;
  return sum % PARTS;
}
