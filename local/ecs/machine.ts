import { LocalAccountError } from '../account-error';
import type { LogBook } from '../logs/log-book';
import type { Ports } from '../processes/ports';
import type { Reaper } from '../processes/reaper';
import type { SecretStore } from '../secrets/secret-store';
import type { AddressBook } from './addresses';
import type { AgentEndpoint } from './agent-endpoint';
import type { ContainerProperties } from './task-definition';

/** Everything that tasks of the account share. */
export interface EcsMachine {
  readonly region: string;
  readonly account: string;
  /** Folder under which each task has one of its own. */
  readonly folder: string;
  /** Path of the module that is preloaded into Node.js processes. */
  readonly preload: string;
  /** Environment that leads AWS clients to the local account. */
  readonly aws: Readonly<Record<string, string>>;
  readonly addresses: AddressBook;
  readonly ports: Ports;
  readonly reaper: Reaper;
  readonly logs: LogBook;
  readonly agent: AgentEndpoint;
  /** The secrets that ECS injects into a container. */
  secretsFor(container: ContainerProperties): Record<string, string>;
}

/** `arn:…:secret:name-suffix`, optionally followed by `:json-key:version-stage:version-id`. */
const SECRET = /^(arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:[^:]+)(?::([^:]*)(?::[^:]*){0,2})?$/;

/** Reads the secrets of a container, as ECS does when a task starts. @throws LocalAccountError when one does not exist */
export function readSecrets(container: ContainerProperties, store: SecretStore): Record<string, string> {
  return Object.fromEntries(
    (container.Secrets ?? []).map(({ Name, ValueFrom }) => {
      const [, arn = ValueFrom, field] = SECRET.exec(ValueFrom) ?? [];
      const secret = store.find(arn);
      if (!secret)
        throw new LocalAccountError('INVALID_ASSEMBLY', `Secret ${Name} of container ${container.Name} does not exist here: ${ValueFrom}.`);
      return [Name, field ? fieldOf(secret.value, field, ValueFrom) : secret.value];
    }),
  );
}

function fieldOf(value: string, field: string, arn: string): string {
  const found = (JSON.parse(value) as Record<string, unknown>)[field];
  if (found === undefined) throw new LocalAccountError('INVALID_ASSEMBLY', `The secret ${arn} has no key "${field}".`);
  return String(found);
}
