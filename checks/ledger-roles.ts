import { FLEET_CONFIG_VARIABLE, JANITOR_CONFIG_VARIABLE, SIDECAR_CONFIG_VARIABLE } from '../core/fleet-config';
import { covers, FORBIDDEN_ON_LEDGER, type Holder, LEDGER_TOUCHING } from '../core/ledger-rights';
import { type NamedResource, permissionsOn, taskRoleOf } from './iam';
import { containersOf, documentIn, referencesIn, resourcesOf, type Templates } from './template';

/** The templates, and the name of the fleet that is looked at in them. */
export type FleetTemplates = Templates & { readonly fleet: string };

/** A role, and what it may do on the ledger. */
export interface LedgerRole {
  readonly role: string;
  readonly kind: Holder;
  readonly actions: readonly string[];
}

const NEEDED: Readonly<Partial<Record<Holder, string>>> = { gateway: 'dynamodb:PutItem', janitor: 'dynamodb:UpdateItem' };

/** Roles of gateway, janitor and servers, and every other role of the app, in whichever stack, that can do anything on the ledger. */
export function ledgerRoles(account: FleetTemplates, ledger: NamedResource): readonly LedgerRole[] {
  const holders = holdersOf(account);
  return resourcesOf(account, 'AWS::IAM::Role')
    .map(({ stack, id }) => {
      const kind = holders.get(placeOf(stack, id)) ?? 'other';
      const role = stack === ledger.made?.stack || Object.keys(account.templates).length === 1 ? id : placeOf(stack, id);
      return { role, kind, actions: actionsOn(account, ledger, stack, id) } as const;
    })
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

function actionsOn(account: Templates, ledger: NamedResource, stack: string, role: string): readonly string[] {
  const allowed = permissionsOn(account, stack, role, ledger).map(({ action }) => action);
  return allowed.filter((action) => covers(action, LEDGER_TOUCHING));
}

/** Who of the fleet runs with which role, by the configuration that only it is given. */
function holdersOf(account: FleetTemplates): ReadonlyMap<string, Holder> {
  const holders = new Map<string, Holder>(operatorsIn(account).map((place) => [place, 'operator']));
  const note = (
    stack: string,
    role: string | undefined,
    environment: Readonly<Record<string, unknown>>,
    kinds: readonly (readonly [string, Holder])[],
  ): void => {
    const isOurs = ([variable]: readonly [string, Holder]): boolean =>
      variable in environment && documentIn<{ fleet?: string }>(environment, variable)?.fleet === account.fleet;
    const kind = kinds.find(isOurs)?.[1];
    if (role !== undefined && kind !== undefined) holders.set(placeOf(stack, role), kind);
  };
  for (const container of containersOf(account)) {
    const kinds = [[FLEET_CONFIG_VARIABLE, 'gateway'] as const, [SIDECAR_CONFIG_VARIABLE, 'server'] as const];
    note(container.stack, taskRoleOf(container), container.environment, kinds);
  }
  for (const { stack, resource } of resourcesOf(account, 'AWS::Lambda::Function')) {
    const { Variables = {} } = (resource.Properties?.Environment ?? {}) as { readonly Variables?: Readonly<Record<string, unknown>> };
    note(stack, referencesIn(resource.Properties?.Role)[0], Variables, [[JANITOR_CONFIG_VARIABLE, 'janitor']]);
  }
  return holders;
}

/** Roles that the fleet says people operate it with; they stand in its own stack. */
function operatorsIn({ templates, fleet }: FleetTemplates): readonly string[] {
  return Object.entries(templates).flatMap(([stack, template]) => {
    const described = template.Metadata?.['cdk-mcp-fleet'] as Description | undefined;
    return (described?.fleets?.[fleet]?.operators ?? []).map((role) => placeOf(stack, role));
  });
}

function placeOf(stack: string, id: string): string {
  return `${stack}/${id}`;
}

interface Description {
  readonly fleets?: Readonly<Record<string, { readonly operators?: readonly string[] }>>;
}
