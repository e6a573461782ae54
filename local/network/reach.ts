import { canConnect, type From, HTTPS, type To } from './connection';
import type { Network } from './network';
import { ENDPOINT_NAMES } from './refused-links';
import type { Verdict } from './verdict';

/** Whether one may open a connection to another, and why. */
export interface ReachRow extends Pick<Verdict, 'open' | 'why' | 'unknown'> {
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

/** Every connection among what a network holds, agents and the internet, and services of AWS that somebody asks; open or not. */
export function linksAmong(network: Network): readonly ReachRow[] {
  const sources = sourcesOf(network);
  const targets = targetsOf(network);
  return sources.flatMap(([from, source]) =>
    targets
      .filter(([, to]) => (typeof to === 'object' && 'place' in to ? true : isProgram(source)))
      .flatMap(([to, target, ports]) =>
        ports.map((port) => {
          const { open, why, unknown } = canConnect(network, source, target, port);
          return { from, to, port, open, why, unknown };
        }),
      ),
  );
}

/** @param needed names of the links that are */
export function isNeeded({ from, to, port }: Pick<ReachRow, 'from' | 'to' | 'port'>, needed: ReadonlySet<string>): boolean {
  return needed.has(`${from} → ${to}:${port}`);
}

function sourcesOf({ parties, vpcs }: Network): readonly (readonly [string, From])[] {
  const [first, ...others] = [...vpcs.keys()];
  const inside = (first === undefined ? [] : [first, ...others]).map(
    (id) => [others.length === 0 ? 'vpc' : id, { kind: 'VPC', id }] as const,
  );
  const within = parties.filter((party) => party.kind !== 'function' || party.place !== undefined);
  return [['agents', 'agents'], ['internet', 'internet'], ...inside, ...within.map((party) => [party.name, party] as const)];
}

type Target = readonly [name: string, to: To, ports: readonly number[]];

function targetsOf({ parties }: Network): readonly Target[] {
  const asked = new Set(parties.flatMap((party) => ('asks' in party ? party.asks : [])));
  const services = [...asked].filter((service) => service !== 'internet').sort();
  const known = services.length > 0 ? services : Object.keys(ENDPOINT_NAMES);
  return [
    ...parties.flatMap((party): Target[] => {
      if (party.kind === 'listener') return [[party.name, party, [party.port]]];
      return party.kind === 'tasks' ? [[party.name, party, party.ports]] : [];
    }),
    ...known.map((service): Target => [service, { kind: 'service', service }, [HTTPS]]),
    ['internet', 'internet', [HTTPS]],
  ];
}

/** Whether it opens connections out of its VPC. */
function isProgram(source: From): boolean {
  return typeof source === 'object' && (source.kind === 'tasks' || source.kind === 'function' || source.kind === 'listener');
}
