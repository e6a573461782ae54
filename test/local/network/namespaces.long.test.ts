import { afterEach, expect, test } from '@jest/globals';
import type { Network } from '../../../local/network/network';
import { fleetWith, ingress, NOWHERE, verdict, withProperties } from './fixture';
import { type Attempt, canMakeNamespaces, type Host, Laboratory } from './namespaces';

/*
 * Proof by real packets: the same security groups as rules of the kernel, between network namespaces. Everywhere else reachability is
 * computed; here what is computed is held against what a TCP connection does. Without root there are no namespaces, and these are skipped.
 */
const real = canMakeNamespaces() ? test : test.skip;

const PORTS = [443, 3000, 8080, 8443];
/** Stands for AWS's own network, in which the tables are; its own guard lets everything in. */
const TABLES = 'dynamodb';
const ANYBODY = { protocol: '-1', ports: [0, 65_535], peer: { kind: 'range', range: '0.0.0.0/0' } } as const;

let laboratory: Laboratory | undefined;
let made = 0;

afterEach(() => {
  laboratory?.remove();
  laboratory = undefined;
});

/** Two instances of the server, for one must not come to the other. */
function hostsOf(network: Network): readonly Host[] {
  const groupsOf = (name: string) =>
    network.parties.find((party) => party.name === name || party.id === `Shop/${name}`)?.place?.groups.map((id) => network.group(id)) ?? [];
  const open = { id: 'aws', path: 'aws', isStated: true, ingress: [{ id: 'in', ...ANYBODY }], egress: [] };
  return [
    { name: 'gateway', address: '10.0.1.10', groups: groupsOf('gateway') },
    { name: 'notes', address: '10.0.1.20', groups: groupsOf('notes') },
    { name: 'notes-2', address: '10.0.1.21', groups: groupsOf('notes') },
    { name: 'balancer', address: '10.0.1.30', groups: groupsOf('Servers') },
    { name: TABLES, address: '203.0.113.1', groups: [open] },
  ];
}

/** What is computed of the same; what nothing is said of is not looked at. */
function computed(network: Network, { from, to, port }: Omit<Attempt, 'what'>): boolean | undefined {
  if (from === TABLES) return false;
  const source = from === 'balancer' ? 'Servers' : from.replace('-2', '');
  if (to === TABLES) return port === 443 ? verdict(network, source, TABLES, port).open : undefined;
  if (to !== 'balancer') return verdict(network, source, to.replace('-2', ''), port).open;
  const listener = { 443: 'Edge', 8443: 'Servers' }[port];
  return listener === undefined ? undefined : verdict(network, source, listener, port).open;
}

const CASES: Readonly<Record<string, Parameters<typeof fleetWith>[0]>> = {
  'as it is': {},
  'without the ingress of the tasks': { NotesIn: undefined },
  'without the egress of the balancer': { BalancerToNotes: undefined },
  'without the ingress of the gateway': { ServersIn: undefined },
  'with a gateway that lets nothing out': withProperties('gatewayGroup', { SecurityGroupEgress: [NOWHERE] }),
  'with tasks that let the VPC in': { NotesIn: ingress('notesGroup', { CidrIp: '10.0.0.0/16' }, 8080) },
};

real.each(Object.entries(CASES))(
  'a fleet %s: TCP connections come about just where it is computed (proof: real packets)',
  async (_, changes) => {
    const network = fleetWith(changes);
    laboratory = new Laboratory(hostsOf(network), made++);
    const seen = await laboratory.tryAll(PORTS, (attempt) => computed(network, attempt) === true);
    const connected = seen.filter((attempt) => attempt.what === 'connect' && computed(network, attempt) !== undefined);
    expect(connected.filter((attempt) => computed(network, attempt) === false)).toEqual([]);
    // What is dropped is not answered at all: no attempt was refused.
    expect(seen.filter(({ what }) => what !== 'connect')).toEqual([]);
    const named = ['gateway balancer 8443', 'balancer notes 8080', 'notes notes-2 8080', 'notes dynamodb 443'];
    const texts = new Set(connected.map(({ from, to, port }) => `${from} ${to} ${port}`));
    expect(named.map((name) => texts.has(name))).toEqual(EXPECTED[_]);
  },
  120_000,
);

/** Gateway → servers' balancer, balancer → tasks, task → task, server → tables. */
const EXPECTED: Readonly<Record<string, readonly boolean[]>> = {
  'as it is': [true, true, false, true],
  'without the ingress of the tasks': [true, false, false, true],
  'without the egress of the balancer': [true, false, false, true],
  'without the ingress of the gateway': [false, true, false, true],
  'with a gateway that lets nothing out': [false, true, false, true],
  'with tasks that let the VPC in': [true, true, true, true],
};
