import { edgeOf, type FleetDescription, type Resolver, resolveFact } from './fleet-facts';
import type { Issuers } from './identity/issuers';
import { writeAgentNames } from './logs/agent-names';
import type { Machinery } from './machinery';
import { type RunningFleet, runningFleet } from './running-fleet';

/** The fleets that serve. */
export class Fleets {
  running: readonly RunningFleet[] = [];
  private known: readonly FleetDescription[] = [];

  constructor(
    private readonly issuers: Issuers,
    private readonly machinery: () => Machinery,
  ) {}

  /** Makes the agents known to the issuers that fleets trust, and programs know those by their local addresses. */
  async trust(fleets: readonly FleetDescription[], resolver: Resolver): Promise<string> {
    this.known = fleets;
    const trusted = await Promise.all(fleets.map((fleet) => trustOf(fleet, resolver)));
    const issuers = await this.issuers.trust(trusted);
    // The longest first, for one issuer may begin with another.
    const known = [...issuers].sort(([a], [b]) => b.length - a.length);
    const { addresses, links } = this.machinery().ecs;
    for (const [name, { url }] of known) {
      addresses.addText(name, url);
      links.addInternet(Number(new URL(url).port));
    }
    const stands = [...issuers].map(([name, { url }]) => `${url} stands for ${name}`).join(', ');
    if (fleets.length === 0) return 'none';
    return `${trusted.reduce((count, { subjects }) => count + subjects.length, 0)} agents; ${stands}`;
  }

  /**
   * Port on this machine for a listener, or for the stage of an API: the edge of the first fleet takes the one that was asked for, the next ones those after
   * it. An edge that is replaced keeps its port until it has gone; the new one has another.
   */
  portFor(stack: string, logicalId: string, port: number, first: number): number {
    const index = this.edges.findIndex((edge) => edge.stack === stack && edge.logicalId === logicalId && edge.port === port);
    const wanted = index === -1 || first === 0 ? 0 : first + index;
    const { listeners, stages } = this.machinery();
    const isTaken = [...listeners.values(), ...stages.values()].some((one) => one.port === wanted);
    return isTaken ? 0 : wanted;
  }

  /** Port for the edge of a fleet that enters a company's listener under this host name; undefined where none of the stack's does. */
  doorFor(stack: string, host: string, first: number): number | undefined {
    const door = this.edges.find((edge) => edge.stack === stack && edge.logicalId === joinedAs(host));
    return door && this.portFor(stack, door.logicalId, door.port, first);
  }

  /** The host name by which agents know it; undefined where it has none of its own. */
  domainOf(stack: string, logicalId: string, port: number): string | undefined {
    return this.edges.find((edge) => edge.stack === stack && edge.logicalId === logicalId && edge.port === port)?.domainName;
  }

  private get edges() {
    return this.known.map((fleet) => {
      const { api, joins, loadBalancer, port, domainName } = edgeOf(fleet);
      return { stack: fleet.stack.name, logicalId: joins ? joinedAs(domainName) : (api ?? loadBalancer), port, domainName };
    });
  }

  async serve(fleets: readonly FleetDescription[], resolver: Resolver): Promise<void> {
    this.running = await Promise.all(
      fleets.map(async (fleet) => {
        const issuer = (await this.issuers.trust([await trustOf(fleet, resolver)])).get(await resolveFact(fleet, 'issuer', resolver));
        if (!issuer) throw new Error(`The fleet ${fleet.name} has no issuer.`);
        return await runningFleet(fleet, issuer, resolver, this.machinery());
      }),
    );
    writeAgentNames(this.machinery().ecs.logs.folder, this.running);
  }
}

/** A listener of the company is none of the fleet's resources: its edge goes by the host name. */
function joinedAs(domainName = ''): string {
  return `//${domainName}`;
}

async function trustOf(fleet: FleetDescription, resolver: Resolver) {
  const agents = await resolveFact(fleet, 'agents', resolver);
  return { issuer: await resolveFact(fleet, 'issuer', resolver), subjects: Object.values(agents).map(({ subject }) => subject) };
}
