import type { Logger } from 'pino';
import { SESSION_LIFETIME_SECONDS } from '../../core/sealed-session';
import type { Authorized, Bond } from '../call';
import type { BondRow, Directory } from '../ledger/directory';
import type { OwnRequests } from './own-request';
import type { UpstreamResponse } from './upstreams';

const REMEMBERED_BONDS = 10_000;

export interface AffinityParts {
  readonly directory: Directory;
  readonly ownRequests: OwnRequests;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * Sends the sessionless requests of an agent, or of one of its tasks, to one instance, for servers that keep state behind
 * handles in memory. The instance is chosen before the first request, by conditional write, so that two replicas never
 * begin at two instances.
 */
export class Affinity {
  private readonly bonds = new Map<string, Promise<Bond>>();

  constructor(private readonly parts: AffinityParts) {}

  /** Undefined where any instance will do. */
  async bondOf(call: Authorized): Promise<Bond | undefined> {
    const key = bondKey(call);
    if (key === undefined) return undefined;
    const known = this.bonds.get(key);
    if (known !== undefined) return known;
    const bond = findBond(key, call.server, this.parts);
    this.remember(key, bond);
    bond.catch(() => this.bonds.delete(key));
    return bond;
  }

  /** Follows a bond whose instance is gone: the load balancer has chosen another, and its answer says which. */
  noteAnswer(bond: Bond, { instance, cookie }: UpstreamResponse): void {
    const { directory, now, log } = this.parts;
    if (instance === undefined || cookie === undefined || instance === bond.instance) return;
    const next = { key: bond.key, cookie, instance };
    this.remember(bond.key, Promise.resolve(next));
    directory.rebind(rowOf(next, now()), bond.instance).then(
      (ours) => {
        if (!ours) this.bonds.delete(bond.key); // another replica followed first; its choice is read next time
      },
      (error: Error) => log.warn({ event: 'bond_not_recorded', reason: error.message }),
    );
  }

  private remember(key: string, bond: Promise<Bond>): void {
    if (this.bonds.size >= REMEMBERED_BONDS) this.bonds.delete(this.bonds.keys().next().value as string);
    this.bonds.set(key, bond);
  }
}

function bondKey({ server, serverConfig, agentId, task }: Authorized): string | undefined {
  const affinity = serverConfig.affinity ?? 'none';
  if (affinity === 'none' || serverConfig.remoteUrl !== undefined) return undefined;
  return affinity === 'task' && task !== undefined ? `bond#${server}#${agentId}#${task}` : `bond#${server}#${agentId}`;
}

async function findBond(key: string, server: string, { directory, ownRequests, now }: AffinityParts): Promise<Bond> {
  const standing = await directory.readBond(key, now());
  if (standing !== undefined) return { key, cookie: standing.cookie, instance: standing.instance };
  const { cookie = '', instance = '' } = await ownRequests.askModern(server, 'server/discover', {});
  const bond = { key, cookie, instance };
  if (await directory.bind(rowOf(bond, now()), now())) return bond;
  const winner = await directory.readBond(key, now());
  return winner === undefined ? bond : { key, cookie: winner.cookie, instance: winner.instance };
}

function rowOf({ key, cookie, instance }: Bond, now: number): BondRow {
  return { session: key, cookie, instance, expiresAt: Math.floor(now / 1000) + SESSION_LIFETIME_SECONDS };
}
