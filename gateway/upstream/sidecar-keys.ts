import { createSecretKey, type KeyObject } from 'node:crypto';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { CallContext, FleetConfig } from '../../core/fleet-config';
import type { SidecarReason } from '../../core/headers';
import type { RequestId } from '../../core/message';
import { openWord } from '../../core/sidecar-word';
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

/** What binds a request to the sidecar that it goes to, and the sidecar's words to the request. A remote server has none. */
export interface SidecarBond {
  /** The context header. */
  readonly context: string;
  /** The reason in a sidecar's word; undefined for anybody else's. @param id of the request, as the sidecar was given it */
  openWord(word: unknown, id: RequestId): SidecarReason | undefined;
}

/** Signs who calls with the key of the server that is called; a remote server has none, and is told nothing. */
export function contextSigner(
  keys: Readonly<Record<string, KeyObject>>,
  now: () => number,
): (context: CallContext) => SidecarBond | undefined {
  let second = 0;
  const bonds = new Map<string, SidecarBond>();
  return (caller) => {
    const key = keys[caller.server];
    if (key === undefined) return undefined;
    const at = now() / 1000;
    if (caller.callId !== undefined) return bondOf(caller, key, at);
    // Signed by the second: what repeats within it is the same.
    if (Math.floor(at) !== second || bonds.size >= REMEMBERED_BONDS) bonds.clear();
    second = Math.floor(at);
    const name = `${caller.server} ${caller.agent} ${caller.task ?? ''}`;
    const known = bonds.get(name) ?? bondOf(caller, key, at);
    bonds.set(name, known);
    return known;
  };
}

const REMEMBERED_BONDS = 10_000;

function bondOf(caller: CallContext, key: KeyObject, now: number): SidecarBond {
  const context = signContext(caller, key, now);
  return { context, openWord: (word, id) => openWord(word, context, id, key) };
}
