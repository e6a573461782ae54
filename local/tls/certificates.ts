import { writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { Datapoint } from '../local-account';
import type { Authority, IssuedCertificate } from './authority';

const DAY_MS = 24 * 60 * 60_000;
/** How long a certificate of ACM lasts (ACM User Guide, "Public certificate characteristics": 198 days). */
const LASTS_MS = 198 * DAY_MS;

/** Who serves TLS here: an authority, the file by which programs trust it, and what it has issued. */
interface Serving {
  readonly authority: Authority;
  readonly file: string;
  shown: IssuedCertificate;
}

/** The certificates of load balancers: when they end, and, where TLS is spoken here, what their listeners show. All of them end together. */
export class Certificates {
  private readonly used = new Map<string, number>();
  private readonly servers = new Set<TlsServer>();
  private readonly hosts = new Set<string>();
  private ends: number;
  private next: IssuedCertificate | undefined;
  private met = 0;

  private constructor(
    private readonly now: () => number,
    private readonly serving?: Serving,
  ) {
    this.ends = now() + LASTS_MS;
  }

  /** Of listeners that speak plain HTTP. */
  static plain(now: () => number = Date.now): Certificates {
    return new Certificates(now);
  }

  /** @param file in which programs find whom to trust */
  static async issuedBy(authority: Authority, file: string, now: () => number = Date.now): Promise<Certificates> {
    writeFileSync(file, authority.cert);
    return new Certificates(now, { authority, file, shown: await authority.issue(now() + LASTS_MS) });
  }

  /** File of the authority's certificate; undefined where nobody speaks TLS. */
  get authorityFile(): string | undefined {
    return this.serving?.file;
  }

  /** PEM text of the same. */
  get authority(): string | undefined {
    return this.serving?.authority.cert;
  }

  /** What a listener shows now; undefined where it speaks plain HTTP. */
  get shown(): IssuedCertificate | undefined {
    return this.serving?.shown;
  }

  /** Of those that are in use. */
  get names(): readonly string[] {
    return [...this.used.keys()];
  }

  /** Connections that were made since it was shown that has ended. */
  get struck(): number {
    return this.met;
  }

  /** A listener has it. @param name see {@link certificateName} */
  use(name: string): void {
    this.used.set(name, (this.used.get(name) ?? 0) + 1);
  }

  /** From now on they stand for a host name of an edge, too: by it gateways check who answers them. */
  async cover(host: string): Promise<void> {
    const { authority } = this.serving ?? {};
    if (authority === undefined || this.hosts.has(host)) return;
    this.hosts.add(host);
    this.show(this.ends, await authority.issue(this.ends, this.hosts));
  }

  dismiss(name: string): void {
    const left = (this.used.get(name) ?? 0) - 1;
    if (left > 0) this.used.set(name, left);
    else this.used.delete(name);
  }

  /** From now on a server shows what there is to be shown. */
  add(server: Server): void {
    const secure = server as TlsServer;
    this.servers.add(secure);
    secure.on('connection', () => {
      if (this.ends <= this.now()) this.met++;
    });
    secure.once('close', () => this.servers.delete(secure));
  }

  /**
   * They end at another time than was meant. Connections that stand are cut, as a load balancer cuts them after an hour: a certificate is
   * looked at when one is made.
   * @param at milliseconds since the epoch
   */
  async end(at: number): Promise<void> {
    const { authority } = this.serving ?? {};
    const times = [at, this.now() + LASTS_MS];
    const [shown, next] = authority ? await Promise.all(times.map((time) => authority.issue(time, this.hosts))) : [];
    this.next = next;
    this.met = 0;
    this.show(at, shown);
    if (at <= this.now()) for (const server of this.servers) server.closeAllConnections();
  }

  renew(): void {
    this.show(this.now() + LASTS_MS, this.next);
  }

  /** As ACM counts them; of one that has ended it tells nothing any more (ACM User Guide, "Supported CloudWatch metrics"). */
  daysToExpiry(): readonly Datapoint[] {
    const at = this.now();
    if (this.ends <= at) return [];
    const value = Math.floor((this.ends - at) / DAY_MS);
    return this.names.map((CertificateArn) => ({
      namespace: CERTIFICATE_METRICS.namespace,
      name: CERTIFICATE_METRICS.daysToExpiry,
      dimensions: { CertificateArn },
      value,
      at,
      source: 'acm',
    }));
  }

  private show(ends: number, certificate: IssuedCertificate | undefined): void {
    this.ends = ends;
    if (this.serving === undefined || certificate === undefined) return;
    this.serving.shown = certificate;
    for (const server of this.servers) server.setSecureContext(certificate);
  }
}

/** One in the words of a template. @param arn of a certificate in ACM, unresolved */
export function certificateName(arn: unknown, { name }: { readonly name: string }): string {
  return typeof arn === 'string' ? arn : `${name}/${JSON.stringify(arn)}`;
}

export const CERTIFICATE_METRICS = { namespace: 'AWS/CertificateManager', daysToExpiry: 'DaysToExpiry' } as const;
