import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Teardown } from '../teardown';
import { type LocalIssuer, startIssuer } from './local-issuer';

/** An issuer that fleets trust, and the subjects that they know from it. */
export interface TrustedIssuer {
  readonly issuer: string;
  readonly subjects: readonly string[];
}

/** One local issuer for each that fleets trust: two fleets of one company trust the same. */
export class Issuers {
  private readonly started = new Map<string, LocalIssuer>();

  /** @param folder where keys persist */
  constructor(
    private readonly folder: string | undefined,
    private readonly teardown: Teardown,
  ) {}

  /** Starts what is trusted for the first time, and makes the subjects known. */
  async trust(trusted: readonly TrustedIssuer[]): Promise<ReadonlyMap<string, LocalIssuer>> {
    for (const issuer of new Set(trusted.map((one) => one.issuer))) {
      const subjects = trusted.filter((other) => other.issuer === issuer).flatMap((other) => other.subjects);
      const known = this.started.get(issuer);
      if (known) known.know(subjects);
      else await this.start(issuer, subjects);
    }
    return this.started;
  }

  private async start(issuer: string, subjects: readonly string[]): Promise<void> {
    const { folder } = this;
    const own = folder && (this.started.size === 0 ? folder : folderOf(folder, issuer));
    const local = await startIssuer({ subjects, issuer, ...(own && { folder: own }) });
    this.teardown.add(() => local.stop());
    this.started.set(issuer, local);
  }
}

function folderOf(folder: string, issuer: string): string {
  const own = join(folder, `identity-${createHash('sha256').update(issuer).digest('hex').slice(0, 8)}`);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  return own;
}
