import { SESSION_LIFETIME_SECONDS } from '../../core/sealed-session';
import type { Authorized } from '../call';
import type { Gateway } from '../gateway';
import type { BondRow } from '../ledger/directory';
import { askModern } from './own-request';
import type { UpstreamResponse } from './upstreams';

const REMEMBERED_BONDS = 10_000;

/** Which instance the sessionless requests of one agent or task go to. */
export interface Bond {
  /** Key of its row in the directory. */
  readonly key: string;
  readonly cookie: string;
  readonly instance: string;
}

/**
 * Sends the sessionless requests of an agent, or of one of its tasks, to one instance, for servers that keep state behind
 * handles in memory. The instance is chosen before the first request, by conditional write, so that two replicas never
 * begin at two instances.
 */
export class Affinity {
  private readonly bonds = new Map<string, Promise<Bond>>();

  /** Undefined where any instance will do. */
  async bondOf(call: Authorized, gateway: Gateway): Promise<Bond | undefined> {
    const key = bondKey(call);
    if (key === undefined) return undefined;
    const known = this.bonds.get(key);
    if (known !== undefined) return known;
    const bond = findBond(key, call.server, gateway);
    this.remember(key, bond);
    bond.catch(() => this.bonds.delete(key));
    return bond;
  }

  /** Follows a bond whose instance is gone: the load balancer has chosen another, and its answer says which. */
  noteAnswer(bond: Bond, { instance, cookie }: UpstreamResponse, gateway: Gateway): void {
    if (instance === undefined || cookie === undefined || instance === bond.instance) return;
    const next = { key: bond.key, cookie, instance };
    this.remember(bond.key, Promise.resolve(next));
    gateway.directory.rebind(rowOf(next, gateway), bond.instance).then(
      (ours) => {
        if (!ours) this.bonds.delete(bond.key); // another replica followed first; its choice is read next time
      },
      (error: Error) => gateway.log.warn({ event: 'bond_not_recorded', reason: error.message }),
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

async function findBond(key: string, server: string, gateway: Gateway): Promise<Bond> {
  const standing = await gateway.directory.readBond(key, gateway.now());
  if (standing !== undefined) return { key, cookie: standing.cookie, instance: standing.instance };
  const { cookie = '', instance = '' } = await askModern(server, 'server/discover', {}, gateway);
  const bond = { key, cookie, instance };
  if (await gateway.directory.bind(rowOf(bond, gateway), gateway.now())) return bond;
  const winner = await gateway.directory.readBond(key, gateway.now());
  return winner === undefined ? bond : { key, cookie: winner.cookie, instance: winner.instance };
}

function rowOf({ key, cookie, instance }: Bond, gateway: Gateway): BondRow {
  return { session: key, cookie, instance, expiresAt: Math.floor(gateway.now() / 1000) + SESSION_LIFETIME_SECONDS };
}
