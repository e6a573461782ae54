import type { Template } from '../local/assembly/template';
import { changesBetween } from '../local/cloudformation/template-changes';
import { capacityChanges } from './capacity';
import { type Draft, ifTold, valueChange } from './change';
import { shownToServer } from './credentials';
import type { DeclaredServer, HostedServer } from './declared';
import { originChanges, placeChanges, programChanges } from './runtime';
import { policyChanges, sessionPolicyChanges } from './server-policies';
import { permissionChanges, secretChanges } from './what-is-held';

const ROLE = 'its programs';
/** What the constructs themselves let every server do: keep an instance with sessions from being scaled in, until it is outdated. */
const OWN_ACTION = /^ecs:(\w+TaskProtection|Describe(Tasks|Services))$/;

/** A server that is on one side only: that it comes or goes, and what it holds. Who may call it, grants tell. */
export function lonelyServer(server: DeclaredServer, side: 'before' | 'after'): Draft[] {
  const gone = side === 'before';
  const held = server.hosted;
  const nothing = new Map<string, string>();
  const secrets = new Map([...(held?.task.secrets ?? nothing), ...shownToServer(server.config)]);
  const permissions = (held?.permissions ?? []).filter(({ action }) => !OWN_ACTION.test(action));
  const runs = held ? 'run by the fleet' : server.remoteUrl === undefined ? 'declared' : 'outside the fleet';
  return [
    {
      kind: 'server',
      what: `server ${server.name}`,
      [side]: runs,
      ...(gone ? { severity: 'breaks', breaks: 'calls to it are refused, and its sessions end' } : { severity: 'changes' }),
    },
    ...(gone ? originChanges(server.remoteUrl, undefined) : originChanges(undefined, server.remoteUrl)),
    ...(gone ? secretChanges(secrets, nothing) : secretChanges(nothing, secrets)),
    ...(gone ? permissionChanges(ROLE, permissions, []) : permissionChanges(ROLE, [], permissions)),
  ];
}

/** A server that is on both sides. */
export function serverChanges(before: DeclaredServer, after: DeclaredServer, replaced: ReadonlySet<string>): Draft[] {
  const both = before.hosted && after.hosted;
  return [
    ...placeChanges(before, after),
    ...ifTold({ what: 'policies' }, before.config, after.config, (had, has) => [
      ...policyChanges(had, has),
      ...(both ? sessionPolicyChanges(had, has) : []),
      ...secretChanges(shownToServer(had), shownToServer(has)),
    ]),
    ...secretChanges(before.hosted?.task.secrets ?? new Map(), after.hosted?.task.secrets ?? new Map()),
    ...(both || before.remoteUrl !== undefined || after.remoteUrl !== undefined
      ? permissionChanges(ROLE, permissionsOf(before), permissionsOf(after))
      : []),
    ...(before.hosted && after.hosted ? hostedChanges(before.hosted, after.hosted, replaced) : []),
    ...valueChange({ kind: 'server', what: 'calls that the checks may make' }, told(before.checks), told(after.checks)),
    ...otherChecks(before.checks, after.checks),
  ];
}

/** Logical ids whose resources are made anew. */
export function replacedBetween(before: Template, after: Template): ReadonlySet<string> {
  const { replaced, retyped } = changesBetween(before, after);
  return new Set([...replaced, ...retyped]);
}

function hostedChanges(before: HostedServer, after: HostedServer, replaced: ReadonlySet<string>): Draft[] {
  const another = before.service !== after.service || (after.service !== undefined && replaced.has(after.service));
  const isRolled = before.task.whole !== after.task.whole;
  const deployed: Draft = another
    ? { kind: 'runtime', what: 'its service is made anew', severity: 'breaks', breaks: 'all its sessions end at once' }
    : { kind: 'runtime', what: 'its instances are replaced one after the other; sessions end as in any deployment', severity: 'changes' };
  return [...capacityChanges(before, after), ...programChanges(before, after), ...(another || isRolled ? [deployed] : [])];
}

function permissionsOf({ hosted }: DeclaredServer) {
  return (hosted?.permissions ?? []).filter(({ action }) => !OWN_ACTION.test(action));
}

function told(checks: string): string {
  return checks === '' ? 'none' : 'declared';
}

/** What they call is a matter of tests: that it is otherwise is enough. */
function otherChecks(before: string, after: string): Draft[] {
  if (before === '' || after === '' || before === after) return [];
  return [{ kind: 'server', severity: 'changes', what: 'calls that the checks may make are others' }];
}
