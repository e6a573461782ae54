import { EMF_VALUES_LIMIT, emfLine } from '../core/emf';
import type { FleetConfig } from '../core/fleet-config';
import type { MetricName } from '../core/metrics';

/** Counts and observations by server, written as EMF lines. */
export class Metrics {
  private readonly counts = new Map<string, Partial<Record<MetricName, number>>>();
  private readonly observations = new Map<string, Partial<Record<MetricName, number[]>>>();

  /** Levels, read each time that they are written. */
  private readonly levels: { readonly name: MetricName; readonly read: (server: string) => number | undefined }[] = [];

  /** @param known by the names of its servers, what is known of the fleet: no other name becomes a dimension, whatever a caller asks for */
  constructor(
    private readonly known: Pick<FleetConfig, 'fleet' | 'servers'>,
    private readonly now: () => number,
    private readonly write: (line: string) => void,
  ) {}

  count(server: string, name: MetricName): void {
    if (!Object.hasOwn(this.known.servers, server)) return;
    const counts = this.counts.get(server) ?? {};
    counts[name] = (counts[name] ?? 0) + 1;
    this.counts.set(server, counts);
  }

  /** What concerns every server. */
  countAll(name: MetricName): void {
    for (const server of Object.keys(this.known.servers)) this.count(server, name);
  }

  observe(server: string, name: MetricName, value: number): void {
    if (!Object.hasOwn(this.known.servers, server)) return;
    const observations = this.observations.get(server) ?? {};
    const values = observations[name] ?? [];
    values.push(value);
    observations[name] = values;
    this.observations.set(server, observations);
    if (values.length >= EMF_VALUES_LIMIT) this.flushServer(server);
  }

  /** What is no flow: its level, where there is one, is written once each time, for alarms add the gateways up. */
  measure(name: MetricName, read: (server: string) => number | undefined): void {
    this.levels.push({ name, read });
  }

  /** Writes what has come since the last time; a server without traffic counts no calls, and that is a datapoint too. */
  flush(): void {
    for (const server of Object.keys(this.known.servers)) {
      const levels = this.levels.map(({ name, read }) => [name, read(server)] as const);
      this.flushServer(server, Object.fromEntries(levels.filter(([, level]) => level !== undefined)));
    }
  }

  private flushServer(server: string, levels: Partial<Record<MetricName, number>> = {}): void {
    const values = { Calls: 0, OutcomeUnknown: 0, ...levels, ...this.counts.get(server), ...this.observations.get(server) };
    this.counts.delete(server);
    this.observations.delete(server);
    this.write(emfLine({ Fleet: this.known.fleet, Server: server }, values, this.now()));
  }
}
