/** What the stand-in for DynamoDB has counted, asked from outside. */
import type { Served } from '../process';

export interface Counted {
  readonly requests: number;
  /** Items written. */
  readonly writes: number;
  /** Of request bodies. */
  readonly bytes: number;
}

/** By operation. */
export type Counts = Readonly<Record<string, Counted>>;

const NONE: Counted = { requests: 0, writes: 0, bytes: 0 };

export async function countsOf({ port }: Served): Promise<Counts> {
  return (await fetch(`http://127.0.0.1:${port}/counts`)).json() as Promise<Counts>;
}

export async function setDelay({ port }: Served, milliseconds: number): Promise<void> {
  await fetch(`http://127.0.0.1:${port}/delay/${milliseconds}`, { method: 'PUT' });
}

/** What has come between the two, all operations together. */
export function between(before: Counts, after: Counts): Counted {
  const minus = total(before);
  const { requests, writes, bytes } = total(after);
  return { requests: requests - minus.requests, writes: writes - minus.writes, bytes: bytes - minus.bytes };
}

function total(counts: Counts): Counted {
  return Object.values(counts).reduce(
    (sum, { requests, writes, bytes }) => ({ requests: sum.requests + requests, writes: sum.writes + writes, bytes: sum.bytes + bytes }),
    NONE,
  );
}
