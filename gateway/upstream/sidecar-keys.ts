import { createSecretKey, type KeyObject } from 'node:crypto';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { CallContext, FleetConfig } from '../../core/fleet-config';
import { signContext } from '../../core/signed-context';

/** Reads the gateway–sidecar key of every server, once, before the first request. A replica without them does not start. */
export async function loadSidecarKeys(secrets: SecretsManagerClient, config: FleetConfig): Promise<Readonly<Record<string, KeyObject>>> {
  const keys = await Promise.all(
    Object.entries(config.servers).map(async ([name, { sidecarKeySecret }]) => {
      if (sidecarKeySecret === undefined) return [];
      const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: sidecarKeySecret }));
      if (!SecretString) throw new Error(`the secret ${sidecarKeySecret} holds no string; the key of "${name}" is one`);
      return [[name, createSecretKey(Buffer.from(SecretString))] as const];
    }),
  );
  return Object.fromEntries(keys.flat());
}

/** Signs who calls with the key of the server that is called; a remote server has none, and is told nothing. */
export function contextSigner(keys: Readonly<Record<string, KeyObject>>, now: () => number): (context: CallContext) => string | undefined {
  return (context) => {
    const key = keys[context.server];
    return key === undefined ? undefined : signContext(context, key, now() / 1000);
  };
}
