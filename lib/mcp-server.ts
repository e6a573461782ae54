import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';
import type { ServerConfig } from '../core/fleet-config';
import { METRICS, type MetricName } from '../core/metrics';
import type { ServerChecks } from '../core/server-checks';
import { delayOf, deployWithinOf } from './deregistration';
import type { FleetGrants } from './fleet-grants';
import { runtimeMetric } from './fleet-metrics';
import type { FleetParts, ServerParts } from './fleet-parts';
import type { FleetSite } from './fleet-site';
import { generatedKey } from './generated-key';
import { denialProblems, grantProblems, warnOfGrant } from './grant-problems';
import { listedServerProblems, serverNameOf } from './listed-props';
import { ListedServer, partsIn } from './listed-server';
import type { McpAgent } from './mcp-agent';
import type { McpServerProps } from './mcp-server-props';
import { refuse } from './problems';
import { OwnAccess, standForItself } from './server-access';
import { alarmOnServer } from './server-alarms';
import { hostedConfig, remoteConfig } from './server-config';
import type { ServerCredential } from './server-credential';
import { serverProblems } from './server-problems';
import type { AddServerProps, CallDenialProps, CallGrantProps } from './server-props';
import { minInstancesOf, scaleOnSlots } from './server-scaling';
import { serverService, serverTargets } from './server-service';
import { serverTask } from './server-task';
import { slotsOf } from './slots';

/** What is different about a server that its fleet has made in its own stack. */
const OWN = new WeakMap<McpServerProps, { readonly parts: ServerParts; readonly props: AddServerProps }>();

/**
 * An MCP server of a fleet: made by `McpFleet.addServer` in the fleet's own stack, or by itself in any other, which depends on the fleet's and can be
 * deployed without it. As a grantee it stands for the role of its tasks, and its `connections` for its instances, so that a company can let it
 * reach its own tables and databases.
 */
export class McpServer extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** In a grant: every tool of the server, also those it will have later. */
  static readonly ALL_TOOLS = '*';
  /** In a grant: every resource of the server. */
  static readonly ALL_RESOURCES = '*';
  /** In a grant: every prompt of the server. */
  static readonly ALL_PROMPTS = '*';

  /** First path segment of the server's URL, and the `Server` dimension of its metrics. */
  readonly serverName: string;
  readonly grantPrincipal: iam.IPrincipal;
  /** Absent for a remote server. */
  readonly service?: ecs.FargateService;
  /** Absent for a remote server. */
  readonly targetGroup?: elb.ApplicationTargetGroup;
  /** @internal */
  readonly _sidecarKey?: secretsmanager.Secret;
  /** @internal */
  readonly _config: ServerConfig;
  /** @internal */
  readonly _credential?: ServerCredential;
  /** @internal */
  readonly _checks?: ServerChecks;
  /** @internal */
  readonly _fleet: IConstruct;
  /**
   * In another stack than its fleet.
   * @internal
   */
  readonly _isListed: boolean;
  private readonly fleetName: string;
  private readonly declared: AddServerProps;
  private readonly grants: FleetGrants;
  private readonly access: { readonly connections: ec2.Connections };

  /** @internal */
  static _in(scope: Construct, name: string, parts: ServerParts, props: AddServerProps): McpServer {
    const own = {} as McpServerProps;
    OWN.set(own, { parts, props });
    return new McpServer(scope, name, own);
  }

  /** In a stack of its own; `McpFleet.addServer` makes one in that of the fleet. */
  constructor(scope: Construct, id: string, props: McpServerProps) {
    super(scope, id);
    const made = OWN.get(props);
    const own = made?.parts;
    if (own === undefined) refuse(this, listedServerProblems(id, props));
    const { fleet, serverName: _, ...listed } = props;
    const declared: AddServerProps = made === undefined ? listed : made.props;
    const name = own === undefined ? serverNameOf(id, props) : id;
    refuse(this, serverProblems(name, declared));
    declared.approvedTools?._warn(this, name);
    const fleetParts = own ?? partsIn(this, fleet._site);
    this._isListed = own === undefined;
    this._fleet = own === undefined ? fleet : (scope as IConstruct);
    this.serverName = name;
    this.fleetName = fleetParts.name;
    this.declared = declared;
    if (declared.checks !== undefined) this._checks = declared.checks;
    const spec = declared.runtime._spec;
    if (spec.kind !== 'stdio' && spec.credential !== undefined) this._credential = spec.credential;
    if (spec.kind === 'remote') {
      this._config = remoteConfig(name, declared, spec, fleetParts.gatewayDelay);
      this.grants = own === undefined ? this.listIn(fleet._site, fleetParts).grants : own.grants;
      this.grantPrincipal = new iam.UnknownPrincipal({ resource: this });
      this.access = { connections: new ec2.Connections() };
    } else {
      this._sidecarKey = generatedKey(this, 'SidecarKey', fleetParts.key, 'Signs who calls, from gateway to sidecar');
      this._config = hostedConfig(name, declared, this._sidecarKey);
      const listing = own === undefined ? this.listIn(fleet._site, fleetParts) : undefined;
      const parts = own ?? (listing as ListedServer).place();
      this.grants = parts.grants;
      const { task, logGroups } = serverTask(this, { name, parts, props: declared, sidecarKey: this._sidecarKey });
      listing?.tellLogs(logGroups);
      this.grantPrincipal = task.taskRole;
      this.service = serverService(this, parts, task, declared.startGrace);
      this.access = new OwnAccess(this, parts.vpc, this.service, parts.serversAccess);
      this.targetGroup = serverTargets(this, name, parts, this.service, delayOf(declared));
      scaleOnSlots(this, this.service, slotsOf(declared), declared.scaling);
      alarmOnServer(this, this.targetGroup, parts, {
        minInstances: minInstancesOf(declared.scaling),
        deployWithin: deployWithinOf(declared),
      });
      standForItself(this.service, this.access);
    }
  }

  /** Its instances, and no others of the fleet: let them reach your databases by it. Asked for, it is a security group of their own. */
  get connections(): ec2.Connections {
    return this.access.connections;
  }

  /**
   * Lets an agent call tools of this server, read resources and get prompts. Nothing is allowed without a grant, and a grant opens nothing
   * that it does not name; an explicit deny in the allowlist wins over it.
   */
  grantCall(agent: McpAgent, grant: CallGrantProps): void {
    refuse(this, grantProblems(this, agent, grant));
    agent._allow(this, grant, this.grants);
    this.grants.changed(agent);
    warnOfGrant(this, agent, grant, this.declared);
  }

  /** Keeps an agent from what it names on this server. A denial wins over every grant, whoever has written it. */
  denyCall(agent: McpAgent, denial: CallDenialProps): void {
    refuse(this, denialProblems(this, agent, denial));
    agent._deny(this, denial, this.grants);
    this.grants.changed(agent);
  }

  /**
   * A metric of this server, in namespace `McpFleet` with dimensions `Fleet` and `Server`.
   * @param metricName one of the names in docs, such as `ColdStarts`
   */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    if (!Object.hasOwn(METRICS, metricName)) {
      refuse(this, [{ what: 'metric name', got: metricName, allowed: Object.keys(METRICS).join(', '), fix: 'Choose one of them.' }]);
    }
    return runtimeMetric(this.fleetName, this.serverName, metricName as MetricName, options);
  }

  /** Sessions on an instance; average over instances by default. */
  metricActiveSessions(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('ActiveSessions', { statistic: 'Average', ...options });
  }

  /** Slots in use on an instance; average over instances by default. */
  metricSlotsInUse(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('SlotsInUse', { statistic: 'Average', ...options });
  }

  /** Slots in use by slots there are, in percent; average over instances by default. What the server scales on. */
  metricSlotUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('SlotUtilization', options);
  }

  /** Calls that wait for a slot; maximum over gateway replicas by default. */
  metricQueueDepth(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('QueueDepth', { statistic: 'Maximum', ...options });
  }

  /** Tool calls; sum by default. */
  metricCalls(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Calls', options);
  }

  /** From the whole request to the whole answer, in milliseconds; average by default. */
  metricCallLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('CallLatency', options);
  }

  /** Calls whose outcome is unknown; sum by default. */
  metricOutcomeUnknown(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('OutcomeUnknown', options);
  }

  /** Calls whose outcome stands as unknown, until evidence turns up or a person settles them; maximum by default. */
  metricUnknownOutcomes(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('UnknownOutcomes', { statistic: 'Maximum', ...options });
  }

  /** Calls refused by policy; sum by default. */
  metricDenied(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Denied', options);
  }

  /** Calls refused for want of capacity or budget; sum by default. */
  metricRejected(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Rejected', options);
  }

  private listIn(site: FleetSite, parts: FleetParts): ListedServer {
    return new ListedServer(this, 'Listing', {
      site,
      parts,
      name: this.serverName,
      config: this._config,
      ...(this._sidecarKey !== undefined && { sidecarKey: this._sidecarKey }),
      ...(this._credential !== undefined && { credential: this._credential }),
      ...(this._checks !== undefined && { checks: this._checks }),
    });
  }
}
