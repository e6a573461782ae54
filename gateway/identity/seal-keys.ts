import { GetSecretValueCommand, ResourceNotFoundException, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { sealKey } from '../../core/sealed-session';

/** How often the secret is read again, in milliseconds: a rotation reaches every replica within this time. */
export const SEAL_KEY_REFRESH_MS = 5 * 60_000;

/** The keys of session ids: new ids are sealed with the first, ids of the other are still opened. */
export interface SealKeys {
  readonly all: readonly [Buffer, ...Buffer[]];
}

/**
 * Reads the seal secret's current and previous version (Secrets Manager staging labels AWSCURRENT and AWSPREVIOUS), so that
 * a rotation loses no session. A replica that cannot read them again goes on with what it has.
 */
export class RotatingSealKeys implements SealKeys {
  private constructor(
    private readonly secrets: SecretsManagerClient,
    private readonly secretId: string,
    public all: readonly [Buffer, ...Buffer[]],
  ) {}

  /** @throws when the current version cannot be read: a replica without a key does not start */
  static async load(secrets: SecretsManagerClient, secretId: string): Promise<RotatingSealKeys> {
    return new RotatingSealKeys(secrets, secretId, await readKeys(secrets, secretId));
  }

  async refresh(): Promise<void> {
    this.all = await readKeys(this.secrets, this.secretId);
  }
}

async function readKeys(secrets: SecretsManagerClient, secretId: string): Promise<[Buffer, ...Buffer[]]> {
  const [current, previous] = await Promise.all([
    readVersion(secrets, secretId, 'AWSCURRENT'),
    readVersion(secrets, secretId, 'AWSPREVIOUS'),
  ]);
  if (current === undefined) throw new Error(`the secret ${secretId} holds no current string; session ids cannot be sealed`);
  return previous === undefined ? [sealKey(current)] : [sealKey(current), sealKey(previous)];
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
