import { alarmChanges, auditChanges } from './audit';
import { gatewayCapacityChanges } from './capacity';
import { type Draft, ifTold, valueChange } from './change';
import type { DeclaredFleet, DeclaredGateway } from './declared';
import { imageChanges, taskChanges } from './runtime';
import { lonelyServer, replacedBetween, serverChanges } from './server-changes';
import { edgeChanges, identityChanges, openedEdge } from './way-in';
import { permissionChanges, secretChanges } from './what-is-held';
import { callerChanges } from './who-calls';

/**
 * A fleet that is on one side only: that it comes or goes, who may call what in it, and what its servers hold. Its own functions' access goes
 * with it. Of one that stands in another stack it is a team's servers that come or go.
 */
export function lonelyFleet(fleet: DeclaredFleet, side: 'before' | 'after'): Draft[] {
  const [before, after] = side === 'after' ? [undefined, fleet] : [fleet, undefined];
  const gone = { severity: 'breaks', breaks: 'all calls to it are refused' } as const;
  const about = { kind: 'fleet', what: `fleet ${fleet.name}` } as const;
  return [
    ...(fleet.isHome ? [{ ...about, [side]: `in ${fleet.stack}`, ...(side === 'after' ? ({ severity: 'changes' } as const) : gone) }] : []),
    ...openedEdge(fleet, side),
    ...callerChanges(before, after),
    ...[...fleet.servers.values()].flatMap((server) => inServer(server.name, lonelyServer(server, side))),
  ];
}

/** A fleet that is on both sides. */
export function fleetChanges(before: DeclaredFleet, after: DeclaredFleet): Draft[] {
  const names = [...new Set([...before.servers.keys(), ...after.servers.keys()])];
  const replaced = replacedBetween(before.template, after.template);
  return [
    ...valueChange({ kind: 'fleet', what: 'name of the fleet, in metrics and logs' }, before.name, after.name),
    ...identityChanges(before, after),
    ...edgeChanges(before, after),
    ...callerChanges(before, after),
    ...names.flatMap((name) => inServer(name, changesOfServer(name, before, after, replaced))),
    ...ifTold({ what: 'gateway' }, before.gateway, after.gateway, gatewayChanges),
    ...permissionChanges('ROLE', before.tableAccess, after.tableAccess),
    ...auditChanges(before, after),
    ...ifTold({ what: 'alarms' }, before.alarms, after.alarms, (had, has) =>
      alarmChanges(had, has, (server) => comesOrGoes(server, before, after)),
    ),
  ];
}

function changesOfServer(name: string, before: DeclaredFleet, after: DeclaredFleet, replaced: ReadonlySet<string>): Draft[] {
  const [had, has] = [before.servers.get(name), after.servers.get(name)];
  if (had && has) return serverChanges(had, has, replaced);
  if (had) return lonelyServer(had, 'before');
  return has ? lonelyServer(has, 'after') : [];
}

function gatewayChanges(before: DeclaredGateway, after: DeclaredGateway): Draft[] {
  const ended = { severity: 'breaks', breaks: 'sessions that were sealed with the former key end' } as const;
  return [
    ...ifTold({ what: 'key that seals sessions' }, before.sealKey, after.sealKey, (had, has) =>
      valueChange({ kind: 'secret', what: 'key that seals sessions' }, had, has, ended),
    ),
    ...secretChanges(before.task.secrets, after.task.secrets).map(ofGateway),
    ...permissionChanges('the gateway', before.permissions, after.permissions),
    ...gatewayCapacityChanges(before, after),
    ...[...imageChanges(before.task, after.task), ...taskChanges(withoutConfig(before.task), withoutConfig(after.task))].map(ofGateway),
  ];
}

/** What the configuration says is compared by itself. */
function withoutConfig(task: DeclaredGateway['task']): DeclaredGateway['task'] {
  return { ...task, environment: new Map([...task.environment].filter(([name]) => !name.startsWith('MCP_FLEET_'))) };
}

function ofGateway(draft: Draft): Draft {
  return { ...draft, what: `${draft.what} of the gateway` };
}

/** Whether what stands in a place goes with a server that is run by the fleet on one side only. */
function comesOrGoes(server: string, before: DeclaredFleet, after: DeclaredFleet): boolean {
  const [had, has] = [before.servers.get(server), after.servers.get(server)];
  if (had === undefined && has === undefined) return false;
  return had === undefined || has === undefined || (had.hosted === undefined) !== (has.hosted === undefined);
}

function inServer(server: string, drafts: readonly Draft[]): Draft[] {
  return drafts.map((draft) => ({ ...draft, server }));
}
