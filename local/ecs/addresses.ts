/** What the template calls an address, and where it is on this machine; text of the template is rewritten with it. */
export class AddressBook {
  /** By name and port: the port here, and how it is spoken to. */
  private readonly hosts = new Map<string, Map<number, Place>>();
  private readonly texts = new Map<string, string>();

  /** A listener of a load balancer: `http(s)://{dnsName}:{port}` becomes `{scheme}://127.0.0.1:{local}`. */
  addListener(dnsName: string, port: number, local: number, scheme: Place['scheme'] = 'http'): void {
    const ports = this.hosts.get(dnsName) ?? new Map<number, Place>();
    this.hosts.set(dnsName, ports.set(port, { local, scheme }));
  }

  removeListener(dnsName: string, port: number): void {
    this.hosts.get(dnsName)?.delete(port);
  }

  /** A text that stands for another wherever it occurs: the issuer of access tokens. */
  addText(text: string, local: string): void {
    this.texts.set(text, local);
  }

  /** What stands for exactly this text; undefined where nothing does. */
  standIn(text: string): string | undefined {
    return this.texts.get(text);
  }

  /** Replaces every known address inside a text of the fleet's own. */
  rewrite(text: string): string {
    let result = text;
    for (const [from, to] of this.texts) result = result.replaceAll(from, to);
    return this.rewriteHosts(result);
  }

  /**
   * Replaces what only a reference of the template can have put into a text: the account has made the names of load balancers
   * up. Any other text is its author's, whatever it looks like.
   */
  rewriteHosts(text: string): string {
    let result = text;
    for (const [host, ports] of this.hosts) result = rewriteHost(result, host, ports);
    return result;
  }

  /** The same inside every string of a JSON value. */
  rewriteAll<T>(value: T): T {
    return mapStrings(value, (text) => this.rewrite(text)) as T;
  }
}

interface Place {
  readonly local: number;
  readonly scheme: 'http' | 'https';
}

function rewriteHost(text: string, host: string, ports: ReadonlyMap<number, Place>): string {
  if (!text.includes(host)) return text;
  const address = new RegExp(`(https?://)?${host.replaceAll('.', '\\.')}(?::(\\d+))?`, 'g');
  return text.replaceAll(address, (whole, scheme: string | undefined, port: string | undefined) => {
    const place = ports.get(Number(port ?? (scheme === 'https://' ? 443 : 80)));
    if (place === undefined) return whole;
    return `${scheme ? `${place.scheme}://` : ''}127.0.0.1:${place.local}`;
  });
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, map)]));
}

/** Addresses of containers of one task to each other: `127.0.0.1:{port}` and `localhost:{port}` (ECS, awsvpc network mode). */
export function rewriteTaskPorts(text: string, ports: ReadonlyMap<number, number>): string {
  return text.replaceAll(/(127\.0\.0\.1|localhost):(\d+)\b/g, (whole, host: string, port: string) => {
    const local = ports.get(Number(port));
    return local === undefined ? whole : `${host}:${local}`;
  });
}
