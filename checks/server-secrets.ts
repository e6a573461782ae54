import { FLEET_CONFIG_VARIABLE, SIDECAR_CONFIG_VARIABLE, SIDECAR_KEY_VARIABLE, type SidecarConfig } from '../core/fleet-config';
import type { Role } from '../local/local-account';
import type { CheckedFleet } from './fleet';
import { type Container, containersOf, documentIn, referencesIn } from './template';

/** Shorter values stand in many a text by chance. */
const SHORTEST = 8;

/** A secret that a container of a server is given. */
export interface HeldSecret {
  readonly server: string;
  /** Which container of the server's task. */
  readonly role: Role;
  readonly variable: string;
  /** `fleet`: the key between gateway and sidecar. */
  readonly of: 'server' | 'fleet';
  /** Undefined where it is not known here, or too short to be looked for. */
  readonly value: string | undefined;
}

/** Every secret that is injected into a task of this fleet's servers, with its value here. */
export async function heldSecrets(fleet: CheckedFleet): Promise<readonly HeldSecret[]> {
  const containers = containersOf(fleet.account);
  const held = containers.flatMap((container) => {
    const server = serverOf(fleet, container, containers);
    if (server === undefined) return [];
    return Object.keys(container.secrets).map(async (variable): Promise<HeldSecret> => {
      const value = await injectedValue(fleet, container, variable);
      const long = value !== undefined && value.length >= SHORTEST;
      const of = variable === SIDECAR_KEY_VARIABLE ? 'fleet' : 'server';
      return { server, role: roleOf(container), variable, of, value: long ? value : undefined };
    });
  });
  return await Promise.all(held);
}

/** By the sidecar that stands in the same task. */
function serverOf({ account }: CheckedFleet, { stack, id }: Container, containers: readonly Container[]): string | undefined {
  return containers
    .filter((other) => other.stack === stack && other.id === id)
    .map(({ environment }) => documentIn<SidecarConfig>(environment, SIDECAR_CONFIG_VARIABLE))
    .find((config) => config?.fleet === account.fleet)?.server;
}

function roleOf({ environment }: Container): Role {
  if (SIDECAR_CONFIG_VARIABLE in environment) return 'sidecar';
  return FLEET_CONFIG_VARIABLE in environment ? 'gateway' : 'server';
}

/** The secret's value, or the member of it that `ValueFrom` names (`arn:json-key:stage:version`). */
async function injectedValue({ account }: CheckedFleet, { stack, secrets }: Container, variable: string): Promise<string | undefined> {
  const from = secrets[variable];
  const id = referencesIn(from)[0];
  const value = id === undefined ? undefined : await account.secretValue(stack, id);
  const member = /":([A-Za-z0-9_-]+)::"/.exec(JSON.stringify(from))?.[1];
  if (value === undefined || member === undefined) return value;
  const found = (JSON.parse(value) as Record<string, unknown>)[member];
  return found === undefined ? undefined : String(found);
}

/** As it is, escaped for JSON (also inside JSON inside JSON, as results are logged and stored), in base64, or escaped for a URL. */
export function carries(text: string, value: string): boolean {
  const escaped = (times: number): string => (times === 0 ? value : JSON.stringify(escaped(times - 1)).slice(1, -1));
  const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '');
  return [0, 1, 2, 3]
    .map(escaped)
    .concat(base64, encodeURIComponent(value))
    .some((form) => text.includes(form));
}
