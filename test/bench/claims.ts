import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RoundsParts } from './rounds';
import type { StageParts } from './stage';
import { type Spread, spreadOf } from './statistics';
import type { Variant } from './variants';

const CLIENTS = { lean: "the gateway's own", sdk: "the SDK's, with the same limits and breaker" } as const;
type Client = keyof typeof CLIENTS;

/** What a claim and its settlement take the ledger's client, and nothing else of a call. */
export interface ClaimsRow {
  readonly target: string;
  /** Microseconds of CPU. */
  readonly cpu: Spread;
}

/** Has each client claim and settle in turn, round for round. @param variants of which the first names the Node */
export async function playClaims(
  variants: readonly Variant[],
  { surroundings, rounds, signal }: RoundsParts,
  { programs }: StageParts,
): Promise<readonly ClaimsRow[]> {
  const [variant] = variants;
  if (variant === undefined) return [];
  const { node, tables, authority } = surroundings(variant);
  const taken: Record<Client, number[]> = { lean: [], sdk: [] };
  for (let round = 0; round < rounds; round++) {
    for (const client of Object.keys(CLIENTS) as Client[]) {
      const env = { ...authority.environment(`http://127.0.0.1:${tables}`), CLIENT: client };
      const { stdout } = await promisify(execFile)(node, [join(programs, 'claims.js')], { env, signal });
      taken[client].push(Number(stdout));
    }
  }
  return (Object.keys(CLIENTS) as Client[]).map((client) => ({ target: CLIENTS[client], cpu: spreadOf(taken[client]) }));
}
