/** Stickiness cookies of an Application Load Balancer; no other cookie is kept. */
const STICKINESS = /^\s*(AWSALB\w*(?:-\w+)?)=([^;]*)/;

/** The stickiness cookies of one session: a balancer in front of several servers gives each session its own. */
export class Cookies {
  private readonly values = new Map<string, string>();

  keep(response: Response): void {
    // A browser keeps cookies itself and shows none.
    for (const line of response.headers.getSetCookie?.() ?? []) {
      const [, name, value] = STICKINESS.exec(line) ?? [];
      if (name !== undefined && value !== undefined) this.values.set(name, value);
    }
  }

  /** Adds what is kept to the cookies that the client sends itself. */
  addTo(headers: Headers): void {
    if (this.values.size === 0) return;
    const given = headers.get('cookie');
    const kept = [...this.values].map(([name, value]) => `${name}=${value}`);
    headers.set('cookie', [...(given === null ? [] : [given]), ...kept].join('; '));
  }

  clear(): void {
    this.values.clear();
  }
}
