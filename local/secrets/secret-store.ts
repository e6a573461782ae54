import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StoredSecret {
  readonly arn: string;
  readonly name: string;
  readonly versionId: string;
  readonly value: string;
  readonly previous?: { readonly versionId: string; readonly value: string };
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

const STATE_FILE = 'secrets.json';

/** The secrets of the account, by ARN; kept in a file of mode 0600 where state persists. */
export class SecretStore {
  private readonly secrets: Map<string, StoredSecret>;
  private readonly file: string | undefined;

  constructor(folder?: string) {
    this.file = folder && join(folder, STATE_FILE);
    const stored = this.file && existsSync(this.file) ? (JSON.parse(readFileSync(this.file, 'utf8')) as StoredSecret[]) : [];
    this.secrets = new Map(stored.map((secret) => [secret.arn, secret]));
  }

  /** Creates a secret, or keeps the value that an earlier run has persisted. `value` is only asked for a new one. */
  create(arn: string, name: string, value: () => string): StoredSecret {
    const existing = this.secrets.get(arn);
    if (existing) return existing;
    const secret = { arn, name, versionId: randomUUID(), value: value(), createdAt: Date.now() };
    this.secrets.set(arn, secret);
    this.save();
    return secret;
  }

  /** By full ARN, by ARN without its random suffix, or by name, as Secrets Manager takes a SecretId. */
  find(id: string): StoredSecret | undefined {
    return this.secrets.get(id) ?? [...this.secrets.values()].find(({ name, arn }) => name === id || arn.replace(/-.{6}$/, '') === id);
  }

  list(): readonly StoredSecret[] {
    return [...this.secrets.values()];
  }

  put(id: string, value: string): StoredSecret | undefined {
    const current = this.find(id);
    if (!current) return undefined;
    const { versionId, value: previous } = current;
    const next = { ...current, versionId: randomUUID(), value, previous: { versionId, value: previous } };
    this.secrets.set(current.arn, next);
    this.save();
    return next;
  }

  private save(): void {
    if (this.file) writeFileSync(this.file, JSON.stringify(this.list()), { mode: 0o600 });
  }
}

/** The six characters that Secrets Manager appends to a name; here always the same for one resource. */
export function arnSuffix(address: string): string {
  return createHash('sha256').update(address).digest('hex').slice(0, 6);
}
