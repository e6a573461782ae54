import type { Automaton } from './automaton';
import { SecretScan } from './secret-scan';

const NOTHING = Buffer.alloc(0);

/** Told the name of each secret that was masked. */
export type OnMasked = (name: string) => void;

/** What stands where a secret stood: no text around it reads it otherwise, in JSON, in a header or in a log. */
export function maskOf(name: string): string {
  return `[secret ${name}]`;
}

/** Masks secrets in bytes that pass by, cut anywhere. What may be the beginning of one waits for what comes next; all else passes as it is. */
export class Masking {
  /** Absent until something comes. */
  #scan?: SecretScan;
  #held: Buffer = NOTHING;
  /** Bytes that have passed. */
  #passed = 0;

  constructor(
    private readonly automaton: Automaton,
    private readonly onMasked: OnMasked,
  ) {}

  /** @returns what may pass now */
  push(chunk: Buffer): Buffer {
    this.#scan ??= new SecretScan(this.automaton);
    this.#scan.push(chunk);
    return this.#passUpTo(this.#scan, this.#scan.openFrom, this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]));
  }

  /** What waits: nothing comes next that belongs to it. */
  rest(): Buffer {
    if (this.#scan === undefined) return NOTHING;
    const rest = this.#passUpTo(this.#scan, this.#scan.at, this.#held);
    this.#scan = undefined;
    this.#passed = 0;
    return rest;
  }

  #passUpTo({ hits, at }: SecretScan, limit: number, bytes: Buffer): Buffer {
    if (hits.length === 0 && limit === at) {
      this.#held = NOTHING;
      this.#passed = limit;
      return bytes;
    }
    const before = this.#passed;
    const pieces: Buffer[] = [];
    const passTo = (end: number) => {
      if (end > this.#passed) pieces.push(bytes.subarray(this.#passed - before, end - before));
      this.#passed = end;
    };
    // One that overlaps with what may become another waits for it.
    while (hits[0] !== undefined && hits[0].end <= limit) {
      const { start, end, name } = hits.shift() as { start: number; end: number; name: string };
      passTo(start);
      pieces.push(Buffer.from(maskOf(name)));
      this.#passed = end;
      this.onMasked(name);
    }
    passTo(Math.min(limit, hits[0]?.start ?? limit));
    this.#held = bytes.subarray(this.#passed - before);
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  }
}
