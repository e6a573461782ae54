import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SecretSource } from '../../core/fleet-config';

/** How long a value is taken for the present one, in milliseconds: a rotation that no server notices reaches every replica within this time. */
export const SECRET_AGE_MS = 5 * 60_000;

interface Known {
  value: string;
  /** Milliseconds since the epoch. */
  readAt: number;
}

/** Reads the string of a secret's current version. @throws when it cannot be read */
export type ReadSecret = (arn: string) => Promise<string>;

export function secretReader(secrets: SecretsManagerClient): ReadSecret {
  return async (arn) => {
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: arn }));
    if (!SecretString) throw new Error('it holds no string');
    return SecretString;
  };
}

/** Values of secrets, each read when it is wanted first and again when it has come of age; what was read serves until something else is. */
export class SecretValues {
  private readonly known = new Map<string, Known>();
  private readonly reading = new Map<string, Promise<string>>();

  /** @param now milliseconds since the epoch */
  constructor(
    private readonly read: ReadSecret,
    private readonly now: () => number,
  ) {}

  /** @throws Error that says why it cannot be had; no value is in the message */
  async of({ arn, field }: SecretSource): Promise<string> {
    const known = this.known.get(arn);
    const isOld = known === undefined || this.now() - known.readAt > SECRET_AGE_MS;
    const reading = isOld ? this.readNow(arn) : undefined;
    if (known !== undefined) reading?.catch(() => undefined);
    return memberOf(known?.value ?? (await (reading as Promise<string>)), field);
  }

  /** As it is now. @throws as {@link of} */
  async fresh({ arn, field }: SecretSource): Promise<string> {
    return memberOf(await this.readNow(arn), field);
  }

  /** Who wants it while it is read gets the same. */
  private readNow(arn: string): Promise<string> {
    const reading = this.reading.get(arn) ?? this.note(arn, this.read(arn));
    this.reading.set(arn, reading);
    return reading;
  }

  private async note(arn: string, reading: Promise<string>): Promise<string> {
    try {
      const value = await reading;
      this.known.set(arn, { value, readAt: this.now() });
      return value;
    } finally {
      this.reading.delete(arn);
    }
  }
}

function memberOf(value: string, field: string | undefined): string {
  if (field === undefined) return value.trim();
  const member = membersOf(value)?.[field];
  if (typeof member !== 'string') throw new Error(`it is no JSON object with a text "${field}"`);
  return member;
}

/** What JSON.parse says of a text would quote it. */
function membersOf(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
