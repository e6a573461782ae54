import { FLEET_CONFIG_VARIABLE, JANITOR_CONFIG_VARIABLE, SIDECAR_CONFIG_VARIABLE } from '../core/fleet-config';
import { covers, FORBIDDEN_ON_LEDGER, type Holder, LEDGER_TOUCHING } from '../core/ledger-rights';
import { permissionsOn, taskRoleOf } from './iam';
import { containersOf, documentIn, type Located, referencesIn, resourcesOf, type Templates } from './template';

/** The templates, and the name of the fleet that is looked at in them. */
export type FleetTemplates = Templates & { readonly fleet: string };

/** A role, and what it may do on the ledger. */
export interface LedgerRole {
  readonly role: string;
  readonly kind: Holder;
  readonly actions: readonly string[];
}

const NEEDED: Readonly<Partial<Record<Holder, string>>> = { gateway: 'dynamodb:PutItem', janitor: 'dynamodb:UpdateItem' };

/** Roles of gateway, janitor and servers, and every other role of the stack that can do anything on the ledger. */
export function ledgerRoles(account: FleetTemplates, ledger: Pick<Located, 'stack' | 'id'>): readonly LedgerRole[] {
  const holders = holdersOf(account, ledger.stack);
  const roles = resourcesOf(account, 'AWS::IAM::Role').filter(({ stack }) => stack === ledger.stack);
  return roles
    .map(({ id }) => ({ role: id, kind: holders.get(id) ?? 'other', actions: actionsOn(account, ledger, id) }) as const)
    .filter(({ kind, actions }) => kind !== 'other' || actions.length > 0);
}

/** What is wrong with a role, as a sentence; undefined where it may do what it must and no more. */
export function problemOf({ role, kind, actions }: LedgerRole): string | undefined {
  const forbidden = actions.filter((action) => covers(action, FORBIDDEN_ON_LEDGER[kind]));
  if (forbidden.length > 0) return `The ${kind} role ${role} may ${forbidden.join(', ')} on the ledger`;
  const needed = NEEDED[kind];
  if (needed === undefined || actions.some((action) => covers(action, [needed]))) return undefined;
  return `The ${kind} role ${role} cannot write the ledger`;
}

function actionsOn(account: Templates, ledger: Pick<Located, 'stack' | 'id'>, role: string): readonly string[] {
  const allowed = permissionsOn(account, ledger.stack, role, ledger.id).map(({ action }) => action);
  return allowed.filter((action) => covers(action, LEDGER_TOUCHING));
}

/** Who of the fleet runs with which role, by the configuration that only it is given. */
function holdersOf(account: FleetTemplates, stack: string): ReadonlyMap<string, Holder> {
  const holders = new Map<string, Holder>(operatorsIn(account, stack).map((role) => [role, 'operator']));
  const note = (
    role: string | undefined,
    environment: Readonly<Record<string, unknown>>,
    kinds: readonly (readonly [string, Holder])[],
  ): void => {
    const isOurs = ([variable]: readonly [string, Holder]): boolean =>
      variable in environment && documentIn<{ fleet?: string }>(environment, variable)?.fleet === account.fleet;
    const kind = kinds.find(isOurs)?.[1];
    if (role !== undefined && kind !== undefined) holders.set(role, kind);
  };
  for (const container of containersOf(account).filter((located) => located.stack === stack)) {
    const kinds = [[FLEET_CONFIG_VARIABLE, 'gateway'] as const, [SIDECAR_CONFIG_VARIABLE, 'server'] as const];
    note(taskRoleOf(container), container.environment, kinds);
  }
  for (const { resource } of resourcesOf(account, 'AWS::Lambda::Function').filter((located) => located.stack === stack)) {
    const { Variables = {} } = (resource.Properties?.Environment ?? {}) as { readonly Variables?: Readonly<Record<string, unknown>> };
    note(referencesIn(resource.Properties?.Role)[0], Variables, [[JANITOR_CONFIG_VARIABLE, 'janitor']]);
  }
  return holders;
}

/** Roles that the fleet says people operate it with. */
function operatorsIn({ templates, fleet }: FleetTemplates, stack: string): readonly string[] {
  const described = templates[stack]?.Metadata?.['cdk-mcp-fleet'] as Description | undefined;
  return described?.fleets?.[fleet]?.operators ?? [];
}

interface Description {
  readonly fleets?: Readonly<Record<string, { readonly operators?: readonly string[] }>>;
}
