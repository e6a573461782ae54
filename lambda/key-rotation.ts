import { randomBytes } from 'node:crypto';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import middy from '@middy/core';
import type { Context, SecretsManagerRotationEvent } from 'aws-lambda';
import { clientSettings, FUNCTION_TABLE_LIMITS } from '../core/aws-limits';
import { SEAL_KEY_VARIABLE } from '../core/fleet-config';
import { KEEP_SEAL_KEY_MS, KEEP_SIDECAR_KEY_MS, KEY_PUBLISH_MS, readKeyRing, rotated } from '../core/secrets/key-ring';
import { requireVariable } from './environment';
import { invocationLog, note } from './invocation-log';

/** 384 bits, as 64 characters. */
const KEY_BYTES = 48;

const sealKeySecret = requireVariable(SEAL_KEY_VARIABLE);
const secrets = new SecretsManagerClient(clientSettings(FUNCTION_TABLE_LIMITS));

/**
 * Rotates a ring of keys in the four steps of Secrets Manager ("Lambda functions for rotation"); each may come more than once. Nobody is to be
 * told of a new key: whoever uses the ring reads it again before the key is used.
 */
export const handler = middy<SecretsManagerRotationEvent, void>()
  .use(invocationLog('key_rotation'))
  .handler(async ({ Step, SecretId, ClientRequestToken }: SecretsManagerRotationEvent, context: Context): Promise<void> => {
    note(context, { step: Step, secret: SecretId, version: ClientRequestToken });
    if (Step === 'createSecret') await create(SecretId, ClientRequestToken);
    if (Step === 'testSecret') await test(SecretId, ClientRequestToken);
    if (Step === 'finishSecret') await finish(SecretId, ClientRequestToken);
  });

async function create(secret: string, version: string): Promise<void> {
  if ((await read(secret, version)) !== undefined) return; // made by an earlier attempt
  const ring = readKeyRing((await read(secret)) ?? '');
  const value = rotated(ring, {
    key: randomBytes(KEY_BYTES).toString('base64url'),
    now: Date.now(),
    publishMs: KEY_PUBLISH_MS,
    keepMs: secret === sealKeySecret ? KEEP_SEAL_KEY_MS : KEEP_SIDECAR_KEY_MS,
  });
  await secrets.send(
    new PutSecretValueCommand({ SecretId: secret, ClientRequestToken: version, SecretString: value, VersionStages: ['AWSPENDING'] }),
  );
}

/** The ring has a key more than the present one, and the key that is in use is still on it. */
async function test(secret: string, version: string): Promise<void> {
  const [before, after] = await Promise.all([read(secret), read(secret, version)]);
  const keys = readKeyRing(after ?? '').map(({ key }) => key);
  const last = readKeyRing(before ?? '').at(-1)?.key;
  if (last === undefined || !keys.includes(last))
    throw new Error(`The pending version of ${secret} lacks the newest key of the present one.`);
}

async function finish(secret: string, version: string): Promise<void> {
  const { VersionIdsToStages = {} } = await secrets.send(new DescribeSecretCommand({ SecretId: secret }));
  const present = Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes('AWSCURRENT'));
  if (present === version) return; // by an earlier attempt
  await secrets.send(
    new UpdateSecretVersionStageCommand({
      SecretId: secret,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: version,
      RemoveFromVersionId: present,
    }),
  );
}

/** @param version default: the present one. Undefined where that version has no value yet */
async function read(secret: string, version?: string): Promise<string | undefined> {
  const which = version === undefined ? { VersionStage: 'AWSCURRENT' } : { VersionId: version, VersionStage: 'AWSPENDING' };
  try {
    return (await secrets.send(new GetSecretValueCommand({ SecretId: secret, ...which }))).SecretString;
  } catch (error) {
    if (version !== undefined && (error as Error).name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}
