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

/**
 * One local issuer for each that fleets trust: two fleets of one company trust the same.
 * @param folder where keys persist
 */
export async function startIssuers(
  trusted: readonly TrustedIssuer[],
  folder: string | undefined,
  teardown: Teardown,
): Promise<ReadonlyMap<string, LocalIssuer>> {
  const started = new Map<string, LocalIssuer>();
  for (const { issuer } of trusted) {
    if (started.has(issuer)) continue;
    const subjects = trusted.filter((other) => other.issuer === issuer).flatMap((other) => other.subjects);
    const own = folder && (started.size === 0 ? folder : folderOf(folder, issuer));
    const local = await startIssuer({
      subjects: Object.fromEntries(subjects.map((subject) => [subject, subject])),
      issuer,
      ...(own && { folder: own }),
    });
    teardown.add(() => local.stop());
    started.set(issuer, local);
  }
  return started;
}

function folderOf(folder: string, issuer: string): string {
  const own = join(folder, `identity-${createHash('sha256').update(issuer).digest('hex').slice(0, 8)}`);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  return own;
}
