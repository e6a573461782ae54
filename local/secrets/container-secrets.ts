import { LocalAccountError } from '../account-error';
import type { ContainerProperties } from '../ecs/task-definition';
import { type SecretStore, secretNames } from './secret-store';

/** `arn:…:secret:name-suffix`, optionally followed by `:json-key:version-stage:version-id`. */
const SECRET = /^(arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:[^:]+)(?::([^:]*)(?::[^:]*){0,2})?$/;

/**
 * Reads the secrets of a container, as ECS does when a task starts.
 * @throws LocalAccountError that names a secret without a value, and how to give it one; no value is in the message
 */
export function readSecrets(container: ContainerProperties, store: SecretStore): Record<string, string> {
  return Object.fromEntries((container.Secrets ?? []).map(({ Name, ValueFrom }) => [Name, read(ValueFrom, Name, container.Name, store)]));
}

/** What stands in the way of a container's secrets, each with the way out. */
export function secretProblems(container: ContainerProperties, path: string, store: SecretStore): string[] {
  return (container.Secrets ?? []).flatMap(({ Name, ValueFrom }) => {
    try {
      read(ValueFrom, Name, path, store);
      return [];
    } catch (error) {
      if (LocalAccountError.is(error)) return [error.message];
      throw error;
    }
  });
}

function read(valueFrom: string, variable: string, container: string, store: SecretStore): string {
  const [, id = valueFrom, field] = SECRET.exec(valueFrom) ?? [];
  const secret = store.find(id);
  const name = secret?.name ?? secretNames(id)[0];
  const fix = `give it one with \`mcp-fleet secret set ${name}\``;
  if (!secret)
    throw new LocalAccountError(
      'INVALID_ASSEMBLY',
      `the secret ${name}, which ${container} takes as ${variable}, has no value here; ${fix}`,
    );
  if (!field) return secret.value;
  const value = memberOf(secret.value, field);
  if (value !== undefined) return value;
  const message = `the secret ${name}, of which ${container} takes the key "${field}" as ${variable}, is no JSON object with that key; ${fix}`;
  throw new LocalAccountError('INVALID_ASSEMBLY', message);
}

/** What JSON.parse says of a text would quote it. */
function memberOf(text: string, key: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const member =
      typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
    return member === undefined ? undefined : typeof member === 'string' ? member : JSON.stringify(member);
  } catch {
    return undefined;
  }
}
