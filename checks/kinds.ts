import { CLIENT_KINDS, type ClientKind } from './agent-client';
import type { CheckedFleet, CheckedServer } from './fleet';
import { speaksModern } from './load';

/** The official clients that can talk to a server: the sessionless one only where it speaks that revision. */
export async function kindsOf(fleet: CheckedFleet, { name }: CheckedServer): Promise<readonly ClientKind[]> {
  const modern = await speaksModern(fleet);
  return CLIENT_KINDS.filter((kind) => kind !== 'v2-modern' || modern.has(name));
}
