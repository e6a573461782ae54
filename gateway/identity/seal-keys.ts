import { GetSecretValueCommand, ResourceNotFoundException, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { sealKey } from '../../core/sealed-session';
import { keyInUse, type RingKey, readKeyRing } from '../../core/secrets/key-ring';

/** The keys of session ids: new ids are sealed with the first, ids of the others are still opened. */
export interface SealKeys {
  readonly all: readonly [Buffer, ...Buffer[]];
}

/**
 * The ring that the seal secret holds. A key is on it before it is used and as long as sessions live that it has sealed, so that replicas which
 * have and which have not read it yet open each other's ids, however often it is rotated. A replica that cannot read it again goes on with
 * what it has.
 */
export class RotatingSealKeys implements SealKeys {
  private inUse: RingKey;
  private arranged: readonly [Buffer, ...Buffer[]];

  private constructor(
    private readonly secrets: SecretsManagerClient,
    private readonly secretId: string,
    private readonly now: () => number,
    private ring: readonly RingKey[],
  ) {
    this.inUse = keyInUse(ring, now());
    this.arranged = this.arrange();
  }

  /**
   * @param now milliseconds since the epoch
   * @throws when the current version cannot be read: a replica without a key does not start
   */
  static async load(secrets: SecretsManagerClient, secretId: string, now: () => number = Date.now): Promise<RotatingSealKeys> {
    return new RotatingSealKeys(secrets, secretId, now, await readRing(secrets, secretId));
  }

  get all(): readonly [Buffer, ...Buffer[]] {
    const inUse = keyInUse(this.ring, this.now());
    if (inUse.key !== this.inUse.key) {
      this.inUse = inUse;
      this.arranged = this.arrange();
    }
    return this.arranged;
  }

  async refresh(): Promise<void> {
    const ring = await readRing(this.secrets, this.secretId);
    if (JSON.stringify(ring) === JSON.stringify(this.ring)) return;
    this.ring = ring;
    this.inUse = keyInUse(ring, this.now());
    this.arranged = this.arrange();
  }

  /** The newest are the likeliest. */
  private arrange(): [Buffer, ...Buffer[]] {
    const others = this.ring.filter(({ key }) => key !== this.inUse.key).toReversed();
    return [sealKey(this.inUse.key), ...others.map(({ key }) => sealKey(key))];
  }
}

/** With the version before, of a secret that somebody has given a new text by hand. */
async function readRing(secrets: SecretsManagerClient, secretId: string): Promise<readonly RingKey[]> {
  const [current, previous] = await Promise.all([
    readVersion(secrets, secretId, 'AWSCURRENT'),
    readVersion(secrets, secretId, 'AWSPREVIOUS'),
  ]);
  if (current === undefined) throw new Error(`the secret ${secretId} holds no current string; session ids cannot be sealed`);
  const ring = readKeyRing(current);
  const before = previous === undefined ? [] : readKeyRing(previous).filter(({ key }) => !ring.some((other) => other.key === key));
  return [...before.map(({ key }) => ({ key, from: Number.NEGATIVE_INFINITY })), ...ring];
}

async function readVersion(secrets: SecretsManagerClient, secretId: string, stage: string): Promise<string | undefined> {
  try {
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage }));
    return SecretString;
  } catch (error) {
    // A secret that was never rotated has no previous version.
    if (stage === 'AWSPREVIOUS' && error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
