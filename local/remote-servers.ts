import { FLEET_CONFIG_VARIABLE, type FleetConfig } from '../core/fleet-config';
import { environmentOf, type TaskDefinition } from './ecs/task-definition';
import type { RemoteServer } from './local-account';

/** The servers outside the account, as its gateways are told of them. Of their URLs only the origin: a path may hold what is not for everyone. */
export function remoteServersOf(definitions: Iterable<TaskDefinition>): readonly RemoteServer[] {
  const documents = [...definitions].flatMap(({ containers }) =>
    containers.flatMap(({ properties }) => environmentOf(properties)[FLEET_CONFIG_VARIABLE] ?? []),
  );
  return documents.flatMap((document) => {
    const { fleet, servers } = JSON.parse(document) as FleetConfig;
    return Object.entries(servers).flatMap(([server, { remoteUrl }]) =>
      remoteUrl === undefined ? [] : { fleet, server, kind: 'remote' as const, origin: new URL(remoteUrl).origin },
    );
  });
}
