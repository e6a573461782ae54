import { Stack } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import { UNSETTLED_INDEX } from '../core/fleet-config';
import { SERVERS_KEY } from '../core/listed-servers';
import { ORDERS_KEY } from '../core/orders';
import { REVOCATIONS_KEY } from '../core/revocation';
import type { FleetTables } from './fleet-tables';
import { acknowledge, findingText } from './nag';
import {
  AGENT_KEYS_READ_ACTIONS,
  AGENT_KEYS_SHRED_ACTIONS,
  ALLOWLIST_DENY_ACTIONS,
  ALLOWLIST_SCAN_ACTIONS,
  DIRECTORY_SCAN_ACTIONS,
  grantArchiveRead,
  grantIndex,
  grantItem,
  grantTable,
  grantTaggedLogs,
  INDEX_READ_ACTIONS,
  LEDGER_READ_ACTIONS,
  LEDGER_RESOLVE_ACTIONS,
  LOGS_READ_ACTIONS,
  ORDERS_ACTIONS,
  REVOCATIONS_ACTIONS,
  SERVER_NAMES_READ_ACTIONS,
  SERVICES_READ_ACTIONS,
  STACK_READ_ACTIONS,
  STACK_RESOURCES_ACTIONS,
  TABLE_READ_KEY_ACTIONS,
  TASKS_LIST_ACTIONS,
  TASKS_READ_ACTIONS,
} from './perms';
import { refuse } from './problems';
import { Words } from './shown';

/** What of a fleet operators are let to. */
export interface OperatedFleet {
  readonly scope: Construct;
  readonly name: string;
  readonly cluster: ecs.ICluster;
  readonly tables: FleetTables;
  readonly archive: s3.IBucket;
  /** Of the archive. */
  readonly key: kms.IKey;
}

/** Who looks after a fleet, by the command line and nothing else: each may do what the commands need. */
export class Operators {
  private readonly resolving: IConstruct[] = [];

  constructor(private readonly fleet: OperatedFleet) {}

  /** Roles, users and groups that may say what became of a call. */
  get resolvers(): readonly IConstruct[] {
    return this.resolving;
  }

  /** `ledger tail`, `show`, `unknown`, `query`, `export` and `verify`. */
  grantReadLedger(grantee: iam.IGrantable): void {
    const { tables, archive, key, scope } = this.fleet;
    this.principalOf(grantee, 'grantReadLedger');
    this.grantPlace(grantee);
    grantTable(grantee, tables.ledger, LEDGER_READ_ACTIONS, TABLE_READ_KEY_ACTIONS);
    grantIndex(grantee, tables.ledger, UNSETTLED_INDEX, INDEX_READ_ACTIONS);
    grantTable(grantee, tables.allowlist, ALLOWLIST_SCAN_ACTIONS, TABLE_READ_KEY_ACTIONS);
    grantTable(grantee, tables.agentKeys, AGENT_KEYS_READ_ACTIONS, TABLE_READ_KEY_ACTIONS);
    grantArchiveRead(grantee, archive, key);
    const objects = findingText(Stack.of(scope).resolve(archive.arnForObjects('*')));
    this.answer(grantee, objects, 'Objects of the archive are named by their number in the chain.');
  }

  /** `ledger shred`. */
  grantShred(grantee: iam.IGrantable): void {
    const { tables } = this.fleet;
    this.principalOf(grantee, 'grantShred');
    this.grantPlace(grantee);
    grantTable(grantee, tables.agentKeys, AGENT_KEYS_SHRED_ACTIONS);
    grantTable(grantee, tables.allowlist, ALLOWLIST_SCAN_ACTIONS, TABLE_READ_KEY_ACTIONS);
  }

  /** `freeze`, `unfreeze` and `ledger restored`. */
  grantFreeze(grantee: iam.IGrantable): void {
    const { tables } = this.fleet;
    this.principalOf(grantee, 'grantFreeze');
    this.grantPlace(grantee);
    grantItem(grantee, tables.allowlist, ORDERS_KEY, ORDERS_ACTIONS);
    grantTable(grantee, tables.allowlist, ALLOWLIST_SCAN_ACTIONS, TABLE_READ_KEY_ACTIONS);
  }

  /** Every command with `--stack`. */
  grantOperate(grantee: iam.IGrantable): void {
    const { tables } = this.fleet;
    this.resolving.push(this.principalOf(grantee, 'grantOperate'));
    this.grantReadLedger(grantee);
    this.grantFreeze(grantee);
    this.grantStack(grantee, STACK_RESOURCES_ACTIONS);
    grantTable(grantee, tables.ledger, LEDGER_RESOLVE_ACTIONS);
    grantTable(grantee, tables.allowlist, ALLOWLIST_DENY_ACTIONS);
    grantTable(grantee, tables.directory, DIRECTORY_SCAN_ACTIONS);
    grantItem(grantee, tables.directory, REVOCATIONS_KEY, REVOCATIONS_ACTIONS);
    this.grantCluster(grantee);
    this.grantLogs(grantee);
  }

  private grantCluster(grantee: iam.IGrantable): void {
    const { cluster, scope } = this.fleet;
    const conditions = { ArnEquals: { 'ecs:cluster': cluster.clusterArn } };
    const stack = Stack.of(scope);
    const grant = (resource: string, actions: string[]): void => {
      const all = stack.formatArn({ service: 'ecs', resource, resourceName: `${cluster.clusterName}/*` });
      iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [all], conditions });
      this.answer(grantee, findingText(stack.resolve(all)), 'The cluster is the narrowest that can be named.');
    };
    grant('service', SERVICES_READ_ACTIONS);
    grant('task', TASKS_READ_ACTIONS);
    iam.Grant.addToPrincipal({ grantee, actions: TASKS_LIST_ACTIONS, resourceArns: ['*'], conditions });
    this.answer(grantee, '*', 'ecs:ListTasks takes no resource; the cluster is a condition.');
  }

  /** What each command reads first: where the fleet is, and which servers it has in other stacks. */
  private grantPlace(grantee: iam.IGrantable): void {
    this.grantStack(grantee, STACK_READ_ACTIONS);
    grantItem(grantee, this.fleet.tables.allowlist, SERVERS_KEY, SERVER_NAMES_READ_ACTIONS, TABLE_READ_KEY_ACTIONS);
  }

  private grantStack(grantee: iam.IGrantable, actions: string[]): void {
    const stack = Stack.of(this.fleet.scope);
    const arn = stack.formatArn({ service: 'cloudformation', resource: 'stack', resourceName: `${stack.stackName}/*` });
    iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [arn] });
    this.answer(grantee, findingText(stack.resolve(arn)), "CloudFormation invents the end of a stack's ARN when it makes it.");
  }

  /** Of servers in other stacks as well, and of those that come later: one statement, for a role's policies have 10,240 characters (IAM quotas). */
  private grantLogs(grantee: iam.IGrantable): void {
    const { scope, name } = this.fleet;
    const stack = Stack.of(scope);
    const all = grantTaggedLogs(grantee, stack, name, LOGS_READ_ACTIONS);
    this.answer(grantee, findingText(stack.resolve(all)), 'Log groups of programs of the fleet: a tag that names it is a condition.');
  }

  private answer(grantee: iam.IGrantable, finding: string, reason: string): void {
    acknowledge(grantee.grantPrincipal as unknown as Construct, `IAM5[Resource::${finding}]`, reason);
  }

  /** Whoever has no policies of their own in this app cannot be given any. */
  private principalOf({ grantPrincipal }: iam.IGrantable, what: string): IConstruct {
    if (Construct.isConstruct(grantPrincipal)) return grantPrincipal;
    const got = new Words('a principal without policies');
    const allowed = 'a role, a user or a group';
    return refuse(this.fleet.scope, [
      { what: `grantee of ${what}`, got, allowed, fix: 'Grant a role which that principal may assume.' },
    ]) as never;
  }
}
