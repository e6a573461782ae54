import { createSecretKey, type KeyObject } from 'node:crypto';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { FleetConfig } from '../core/fleet-config';
import { sealKey } from '../core/sealed-session';

export interface GatewaySecrets {
  readonly sealKeys: readonly [Buffer, ...Buffer[]];
  readonly sidecarKeys: Readonly<Record<string, KeyObject>>;
}

/** Reads the fleet's own secrets, once, before the first request. A replica without them does not start. */
export async function loadSecrets(secrets: SecretsManagerClient, config: FleetConfig): Promise<GatewaySecrets> {
  const sealed = await read(secrets, config.sealKeySecret);
  const withSidecar = Object.entries(config.servers).filter(([, { sidecarKeySecret }]) => sidecarKeySecret !== undefined);
  const keys = await Promise.all(
    withSidecar.map(
      async ([name, { sidecarKeySecret }]) =>
        [name, createSecretKey(Buffer.from(await read(secrets, sidecarKeySecret as string)))] as const,
    ),
  );
  return { sealKeys: [sealKey(sealed)], sidecarKeys: Object.fromEntries(keys) };
}

async function read(secrets: SecretsManagerClient, id: string): Promise<string> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: id }));
  if (!SecretString) throw new Error(`the secret ${id} holds no string; the fleet's keys are strings`);
  return SecretString;
}
