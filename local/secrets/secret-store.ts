import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GivenSecrets } from './given-secrets';

export interface StoredSecret {
  readonly arn: string;
  readonly name: string;
  readonly versionId: string;
  readonly value: string;
  readonly previous?: { readonly versionId: string; readonly value: string };
  /** The next version, while a rotation makes it. */
  readonly pending?: { readonly versionId: string; readonly value?: string };
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

const STATE_FILE = 'secrets.json';

/** The secrets of the account, by ARN; kept in a file of mode 0600 where state persists. Given values are the caller's to keep. */
export class SecretStore {
  private readonly secrets: Map<string, StoredSecret>;
  private readonly file: string | undefined;
  /** By the secret's ARN, the function that rotates it. */
  private readonly rotators = new Map<string, string>();

  /** @param given values by name, or by `Stack/LogicalId` of a secret that a template makes */
  constructor(
    folder?: string,
    private readonly given: GivenSecrets = {},
  ) {
    this.file = folder && join(folder, STATE_FILE);
    const stored = this.file && existsSync(this.file) ? (JSON.parse(readFileSync(this.file, 'utf8')) as StoredSecret[]) : [];
    this.secrets = new Map(stored.map((secret) => [secret.arn, secret]));
  }

  /**
   * Creates a secret with the value that was given for it, else keeps the one that an earlier run has persisted. `value` is only
   * asked for a new one.
   * @param address `Stack/LogicalId`
   */
  create(arn: string, name: string, address: string, value: () => string): StoredSecret {
    const given = ownValue(this.given, name) ?? ownValue(this.given, address);
    const existing = this.secrets.get(arn);
    if (existing && (given === undefined || given === existing.value)) return existing;
    const secret = { arn, name, versionId: randomUUID(), value: given ?? value(), createdAt: Date.now() };
    this.secrets.set(arn, secret);
    this.save();
    return secret;
  }

  /** By full ARN, by ARN without its random suffix, or by name, as Secrets Manager takes a SecretId; one that was given, too. */
  find(id: string): StoredSecret | undefined {
    const made =
      this.secrets.get(id) ?? [...this.secrets.values()].find(({ name, arn }) => name === id || arn.replace(/-.{6}$/, '') === id);
    return made ?? this.findGiven(id);
  }

  /** A secret that no template makes: it exists by its value. */
  private findGiven(id: string): StoredSecret | undefined {
    const name = secretNames(id).find((candidate) => ownValue(this.given, candidate) !== undefined);
    if (name === undefined) return undefined;
    const partial = id.startsWith('arn:') ? id : `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`;
    // By its name, or by its ARN without the random suffix: whoever may read it is told by the whole one.
    const arn = partial.endsWith(`:secret:${name}`) ? `${partial}-${arnSuffix(name)}` : partial;
    return { arn, name, versionId: arnSuffix(name), value: ownValue(this.given, name) as string, createdAt: 0 };
  }

  list(): readonly StoredSecret[] {
    return [...this.secrets.values()];
  }

  put(id: string, value: string): StoredSecret | undefined {
    return this.change(id, (current) => {
      const { versionId, value: previous } = current;
      return { ...current, versionId: randomUUID(), value, previous: { versionId, value: previous } };
    });
  }

  /** @param rotator ARN of a function */
  rotateBy(arn: string, rotator: string | undefined): void {
    if (rotator === undefined) this.rotators.delete(arn);
    else this.rotators.set(arn, rotator);
  }

  rotatorOf(arn: string): string | undefined {
    return this.rotators.get(arn);
  }

  /** Begins a rotation: a version that has no value yet. */
  begin(arn: string, versionId: string): void {
    this.change(arn, (secret) => ({ ...secret, pending: { versionId } }));
  }

  /** Gives the next version its value; it is not the present one by that. */
  stage(id: string, versionId: string, value: string): StoredSecret | undefined {
    return this.change(id, (secret) => ({ ...secret, pending: { versionId, value } }));
  }

  /** Puts the next version in the place of the present one. Undefined where there is no such version. */
  promote(id: string, versionId: string): StoredSecret | undefined {
    return this.change(id, ({ pending, ...secret }) => {
      if (pending?.versionId !== versionId || pending.value === undefined) return undefined;
      return { ...secret, versionId, value: pending.value, previous: { versionId: secret.versionId, value: secret.value } };
    });
  }

  private change(id: string, to: (secret: StoredSecret) => StoredSecret | undefined): StoredSecret | undefined {
    const current = this.find(id);
    const next = current && to(current);
    if (next === undefined) return undefined;
    this.secrets.set(next.arn, next);
    this.save();
    return next;
  }

  delete(arn: string): void {
    this.secrets.delete(arn);
    this.save();
  }

  private save(): void {
    if (this.file === undefined) return;
    // Whole or not at all: an account that is killed meanwhile finds what it had before.
    writeFileSync(`${this.file}.new`, JSON.stringify(this.list()), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }
}

/** Names that an id may stand for, likeliest first: an ARN may or may not end in the random suffix of a secret. */
export function secretNames(id: string): [string, ...string[]] {
  const [, name = id] = /:secret:(.+)$/.exec(id) ?? /:parameter(\/.+)$/.exec(id) ?? [];
  const [, bare] = /^(.+)-([A-Za-z0-9]{6})$/.exec(name) ?? [];
  if (!id.startsWith('arn:') || bare === undefined) return [name];
  // A word of six letters is more likely a part of the name.
  return /[A-Z0-9]/.test(name.slice(-6)) ? [bare, name] : [name, bare];
}

function ownValue(given: GivenSecrets, name: string): string | undefined {
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

/** The six characters that Secrets Manager appends to a name; here always the same for one resource. */
export function arnSuffix(address: string): string {
  return createHash('sha256').update(address).digest('hex').slice(0, 6);
}
