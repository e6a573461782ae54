import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SegmentPlace } from './archive-bucket';

/** Places that are held before they go to the disk. */
const HELD = 10_000;

/** The objects of the chain in their order: S3 lists them the other way round, and those of years do not fit into memory. */
export class OldestFirst implements Iterable<SegmentPlace> {
  private held: SegmentPlace[] = [];
  private files: string[] = [];
  private folder: string | undefined;

  /** Each is older than the one before. */
  add(place: SegmentPlace): void {
    this.held.push(place);
    if (this.held.length >= HELD) this.spill();
  }

  *[Symbol.iterator](): Generator<SegmentPlace> {
    yield* this.held.toReversed();
    for (const file of this.files.toReversed()) yield* (JSON.parse(readFileSync(file, 'utf8')) as SegmentPlace[]).toReversed();
  }

  close(): void {
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
  }

  private spill(): void {
    this.folder ??= mkdtempSync(join(tmpdir(), 'mcp-fleet-objects-'));
    const file = join(this.folder, String(this.files.length));
    writeFileSync(file, JSON.stringify(this.held), { mode: 0o600 });
    this.files.push(file);
    this.held = [];
  }
}
