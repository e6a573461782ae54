import { Duration, Names, Stack } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { API_STAGE } from '../core/api-gateway';
import {
  DEFAULT_KEY_LIFETIME_SECONDS,
  DEFAULT_SESSION_BUDGET,
  type FleetConfig,
  type IdentityConfig,
  type RequestLimitsConfig,
  type ServerConfig,
} from '../core/fleet-config';
import type { AgentIdentity } from './agent-identity';
import { DeclaredGrant } from './declared-grant';
import { answeredInTimeProblems, delayOf } from './deregistration';
import { EdgeApi } from './edge-api';
import { edgeRecord } from './edge-record';
import { alarmOnTable } from './fleet-alarms';
import type { McpFleetAttributes } from './fleet-attributes';
import { FleetDashboard } from './fleet-dashboard';
import { factsOf, placeOf } from './fleet-facts';
import { allowlistSyncFunction, authorizerFunction } from './fleet-functions';
import { FleetGrants } from './fleet-grants';
import { keepWithinLimits } from './fleet-limits';
import { letLogsUse } from './fleet-logs';
import { describeFleet, type FleetFacts, refuseNameTwice, tellAttributes, tellPlace } from './fleet-metadata';
import { fleetCluster, fleetVpc } from './fleet-network';
import type { FleetParts } from './fleet-parts';
import { agentProblems, fleetProblems, nameTwiceProblems, newServerProblems } from './fleet-problems';
import type { McpFleetProps, SessionBudgetOptions } from './fleet-props';
import type { FleetSite, IMcpFleet, ListedServerFacts } from './fleet-site';
import { type FleetTables, fleetTables } from './fleet-tables';
import { GatewayService } from './gateway-service';
import { generatedKey } from './generated-key';
import { GivenLogs } from './given-logs';
import { checkGivenTables } from './given-tables';
import { ImportedFleet } from './imported-fleet';
import { KEPT } from './kept';
import { DEFAULT_KEY_ROTATION, KeyRotation } from './key-rotation';
import { archiveBucket, ledgerArchiver } from './ledger-archive';
import { guardLedger } from './ledger-guard';
import { ledgerJanitor } from './ledger-janitor';
import { LoadBalancers } from './load-balancers';
import { type AddAgentProps, McpAgent } from './mcp-agent';
import { McpServer } from './mcp-server';
import { Operators } from './operators';
import { grantOwnSecret, grantSecret } from './perms';
import { refuse } from './problems';
import { requestLimitsConfig } from './request-limits';
import { rulePriority } from './rule-priority';
import { serversAccess } from './server-access';
import { ServerFleetAlarms } from './server-fleet-alarms';
import { ServerListeners } from './server-listeners';
import type { AddServerProps } from './server-props';
import { warnOfMissingEndpoint } from './vpc-endpoints';

/**
 * A fleet of MCP servers behind one gateway: agents call `{url}/{server}/mcp`.
 * The ledger, directory and allowlist tables, the archive and their key are kept when the stack is deleted.
 */
export class McpFleet extends Construct implements IMcpFleet, ec2.IConnectable {
  /**
   * A fleet that another app has deployed, for `new McpServer(…, { fleet })` in this one.
   * @param attrs what the output `Attributes` of its stack tells, and its VPC
   */
  static fromAttributes(scope: Construct, id: string, attrs: McpFleetAttributes): IMcpFleet {
    return new ImportedFleet(scope, id, attrs);
  }

  readonly fleetName: string;
  /** Base URL for agents, without a trailing slash. */
  readonly url: string;
  readonly vpc: ec2.IVpc;
  readonly cluster: ecs.ICluster;
  readonly encryptionKey: kms.IKey;
  /** Point the edge's domain name at this one, unless it is that of an API; absent with `FleetEdge.listener`. */
  readonly edgeLoadBalancer?: elb.ApplicationLoadBalancer;
  /** With `FleetEdge.apiGateway`: point the edge's domain name at this one (`targets.ApiGateway` of aws-cdk-lib). */
  readonly edgeApi?: apigateway.RestApi;
  /** The edge: allow more clients in here. */
  readonly connections: ec2.Connections;
  readonly gatewayService: ecs.FargateService;
  readonly ledgerTable: dynamodb.ITableV2;
  readonly directoryTable: dynamodb.ITableV2;
  readonly allowlistTable: dynamodb.ITableV2;
  /** Where every change of the ledger is kept. */
  readonly archiveBucket: s3.IBucket;
  /** A key per agent: what is personal in the archive is read by it, and gone with it. */
  readonly agentKeysTable: dynamodb.ITableV2;
  readonly dashboard: cloudwatch.Dashboard;

  private readonly parts: FleetParts;
  private readonly tables: FleetTables;
  private readonly identity: AgentIdentity;
  private readonly allowedOrigins: string[];
  private readonly requestLimits?: RequestLimitsConfig;
  private readonly keyLifetime: Duration;
  private readonly rotationPeriod: Duration;
  private readonly sessionBudget?: SessionBudgetOptions;
  private readonly balancers: LoadBalancers;
  private readonly serversAccess: ec2.SecurityGroup;
  private readonly listeners: ServerListeners;
  private readonly sync: lambda.Function;
  private readonly gateway: GatewayService;
  private readonly authorizer: lambda.Function;
  private readonly sealKey: secretsmanager.Secret;
  private readonly keyRotation: KeyRotation;
  private readonly overview: FleetDashboard;
  private readonly operators: Operators;
  private readonly agentScope: Construct;
  private readonly grantsFile: FleetGrants;
  private readonly servers = new Map<string, McpServer>();
  /** Servers of this app in other stacks. */
  private readonly listed: ListedServerFacts[] = [];
  private readonly agents = new Map<string, McpAgent>();

  constructor(scope: Construct, id: string, props: McpFleetProps) {
    super(scope, id);
    refuse(this, fleetProblems(props));
    this.fleetName = props.fleetName ?? Names.uniqueResourceName(this, { maxLength: 63, separator: '-' });
    refuseNameTwice(this, this.fleetName);
    this.identity = props.identity;
    this.allowedOrigins = props.allowedOrigins ?? [];
    this.requestLimits = requestLimitsConfig(props.gateway?.requestLimits);
    this.rotationPeriod = props.keyRotation ?? DEFAULT_KEY_ROTATION;
    this.keyLifetime = props.keyLifetime ?? Duration.seconds(DEFAULT_KEY_LIFETIME_SECONDS);
    this.sessionBudget = props.sessionBudget;
    const logRetention = props.logRetention ?? logs.RetentionDays.THREE_MONTHS;
    const { logEncryptionKey: logKey, functions, deletionProtection, accessLogBucket } = props;
    if (logKey !== undefined) letLogsUse(this, logKey);
    const given = props.vpc ?? props.cluster?.vpc;
    this.vpc = given ?? fleetVpc(this, { logRetention, ...(logKey !== undefined && { logKey }) }, props.interfaceEndpoints ?? true);
    if (given !== undefined) warnOfMissingEndpoint(this, given);
    this.cluster = props.cluster ?? fleetCluster(this, this.vpc);
    this.encryptionKey = props.encryptionKey ?? new kms.Key(this, 'Key', { enableKeyRotation: true, removalPolicy: KEPT });
    this.parts = {
      name: this.fleetName,
      vpc: this.vpc,
      subnets: props.subnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      cluster: this.cluster,
      architecture: props.cpuArchitecture ?? ecs.CpuArchitecture.X86_64,
      key: this.encryptionKey,
      logRetention,
      ...(logKey !== undefined && { logKey }),
      givenLogs: new GivenLogs(this.fleetName),
      ...(functions?.logGroups !== undefined && { functionLogs: functions.logGroups }),
      ...(functions?.tracing !== undefined && { isTraced: functions.tracing }),
      ...(functions?.reservedConcurrency !== undefined && { reservedConcurrency: functions.reservedConcurrency }),
      gatewayDelay: delayOf(props.gateway),
      targetTls: props.targetTls ?? false,
      ...(props.alarmTopic !== undefined && { alarmAction: new SnsAction(props.alarmTopic) }),
    };

    this.tables = fleetTables(this, { key: this.encryptionKey, isProtected: deletionProtection?.tables ?? true }, props);
    this.ledgerTable = this.tables.ledger.table;
    this.directoryTable = this.tables.directory.table;
    this.allowlistTable = this.tables.allowlist.table;
    this.agentKeysTable = this.tables.agentKeys.table;
    checkGivenTables(this, props);
    for (const [kind, { table }] of Object.entries(this.tables)) {
      // No call waits for a key; whether the archiver does, its own alarms tell.
      if (kind === 'agentKeys') continue;
      const scope = table.node.scopes.includes(this) ? table : new Construct(this, `${kind}Alarms`);
      alarmOnTable(scope, table, this.parts, `MCP fleet ${this.fleetName}, ${kind}`);
    }
    this.balancers = new LoadBalancers(this, 'LoadBalancers', {
      ...this.parts,
      edge: props.edge._spec,
      identity: props.identity._config,
      isProtected: deletionProtection?.loadBalancers ?? false,
      ...(accessLogBucket !== undefined && { accessLogBucket }),
    });
    this.serversAccess = serversAccess(this, this.vpc, this.balancers.servers);
    const watch = new ServerFleetAlarms(this, 'ServerAlarms', this.parts);
    watch.watchTargets(this.balancers.servers);
    if (this.balancers.edge !== undefined) this.edgeLoadBalancer = this.balancers.edge;
    this.connections = this.balancers.edgeListener.connections;
    this.url = this.balancers.edgeUrl;
    this.authorizer = authorizerFunction(this, this.parts, this.tables, this.identityConfig());
    const { api, certificate, domainName, hostedZone, webAclArn } = props.edge._spec;
    if (api !== undefined && certificate !== undefined && domainName !== undefined) {
      const edge = { api, certificate, domainName, ...(webAclArn !== undefined && { webAclArn }) };
      const { parts, balancers, authorizer, allowedOrigins } = this;
      this.edgeApi = new EdgeApi(this, 'EdgeApi', { parts, edge, balancers, authorizer, allowedOrigins }).api;
    }
    if (hostedZone !== undefined && domainName !== undefined)
      edgeRecord(this, hostedZone, domainName, { api: this.edgeApi, balancer: this.edgeLoadBalancer });
    this.listeners = new ServerListeners(this.balancers, props.serverBalancers ?? 1);
    for (const balancer of this.listeners.others) watch.watchTargets(balancer);
    this.sync = allowlistSyncFunction(this, this.parts, this.tables.allowlist, {
      listeners: this.listeners.arns,
      own: () => [...this.servers.keys()],
    });
    this.grantsFile = new FleetGrants(this, 'Grants', { issuer: () => this.identity.issuer, sync: this.sync, isOfFleet: true });
    const janitor = ledgerJanitor(this, this.parts, this.tables, () => [...this.servers.keys()]);
    this.archiveBucket = archiveBucket(this, this.encryptionKey, props.audit);
    ledgerArchiver(this, this.parts, this.tables.ledger, { bucket: this.archiveBucket, keys: this.tables.agentKeys });
    this.sealKey = generatedKey(this, 'SealKey', this.encryptionKey, 'Seals session ids');
    this.keyRotation = new KeyRotation(this, this.parts, this.sealKey, this.rotationPeriod);
    this.keyRotation.addTagged(Stack.of(this), this.fleetName);
    this.gateway = new GatewayService(this, 'Gateway', {
      parts: this.parts,
      options: props.gateway,
      targets: this.balancers.gatewayTargets,
      config: () => this.config(),
      tables: this.tables,
      authorizer: this.authorizer,
      sealKey: this.sealKey,
    });
    this.gatewayService = this.gateway.service;
    const { tables, fleetName: name, cluster, archiveBucket: archive } = this;
    this.operators = new Operators({ scope: this, name, tables, cluster, archive, key: archive.encryptionKey ?? this.encryptionKey });
    const operators = () => this.operators.resolvers;
    guardLedger(this, this.ledgerTable, { gateway: this.gateway.taskRole, janitor: janitor.role as iam.IRole, operators });
    this.balancers.serversListener.connections.allowDefaultPortFrom(this.gatewayService, 'Gateway');
    this.listeners.allowFrom(this.gatewayService);
    this.overview = new FleetDashboard(this, 'Dashboard', this.fleetName);
    this.dashboard = this.overview.dashboard;
    this.agentScope = new Construct(this, 'Agents');
    this.node.addValidation({ validate: () => this.strangers() });
    keepWithinLimits(this, () => ({ own: [...this.servers.values()], listed: this.listed, room: this.listeners.room }));
    describeFleet(this, this.fleetName, () => this.facts());
    tellPlace(
      this,
      placeOf({ fleetName: this.fleetName, url: this.url, identity: this.identity, cluster, tables, archiveBucket: archive }),
    );
    tellAttributes(this, this._site);
  }

  /**
   * Adds an MCP server under `{url}/{name}/mcp`.
   * @param name 1 to 31 characters a-z, 0-9 and -, a letter first; once in a fleet
   */
  addServer(name: string, props: AddServerProps): McpServer {
    refuse(
      this,
      newServerProblems(
        name,
        [...this.servers.keys()],
        this.listed.map(({ serverName }) => serverName),
      ),
    );
    const { serversListener } = this.balancers;
    const { parts, serversAccess, grantsFile: grants } = this;
    const server = McpServer._in(this, name, { ...parts, serversListener, serversAccess, grants, rulePriority: rulePriority(name) }, props);
    if (server._sidecarKey !== undefined) {
      grantSecret(this.gateway.taskRole, server._sidecarKey, this.encryptionKey);
      this.keyRotation.add(server._sidecarKey);
    }
    for (const secret of server._credential?._secrets ?? []) grantOwnSecret(this.gateway.taskRole, secret);
    this.overview.addServer(server);
    if (this.edgeApi !== undefined) refuse(server, answeredInTimeProblems(props));
    this.servers.set(name, server);
    return server;
  }

  /**
   * Names an agent, so that servers can grant it calls.
   * @param name 1 to 31 characters a-z, 0-9 and -, a letter first; once in a fleet
   */
  addAgent(name: string, props: AddAgentProps): McpAgent {
    refuse(this, agentProblems(name, props, [...this.agents.values()]));
    const agent = McpAgent._in(this.agentScope, name, props);
    this.agents.set(name, agent);
    return agent;
  }

  /** What is granted and denied so far, by the names of agents and servers: a test of an app can say what it may be. */
  get grants(): DeclaredGrant[] {
    const all = [...this.agents.values()].flatMap(({ agentName, _grants }) => _grants.map((grant) => DeclaredGrant._of(agentName, grant)));
    const keyOf = ({ agent, server, isDenial }: DeclaredGrant) => `${agent} ${server} ${isDenial}`;
    return all.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  }

  /**
   * Lets an operator use every command of `mcp-fleet` that takes `--stack`, and does nothing else: read what runs and what was called,
   * say what became of a call, stop calls and cut agents off. Who may cut agents off may write the allowlist.
   * @param grantee role, user or group with whose credentials the commands are run
   */
  grantOperate(grantee: iam.IGrantable): void {
    this.operators.grantOperate(grantee);
  }

  /**
   * Lets somebody read the ledger and its archive, arguments and results of calls included, by `mcp-fleet ledger`.
   * @param grantee role, user or group with whose credentials the command is run
   */
  grantReadLedger(grantee: iam.IGrantable): void {
    this.operators.grantReadLedger(grantee);
  }

  /**
   * Lets somebody destroy what is personal in the archive, agent by agent, for good: `mcp-fleet ledger shred --stack NAME`. No other grant does.
   * @param grantee role, user or group with whose credentials that command is run
   */
  grantShred(grantee: iam.IGrantable): void {
    this.operators.grantShred(grantee);
  }

  /**
   * Lets an operator stop and start calls that change state, by `mcp-fleet freeze --stack NAME`.
   * @param grantee role, user or group with whose credentials that command is run
   */
  grantFreeze(grantee: iam.IGrantable): void {
    this.operators.grantFreeze(grantee);
  }

  private config(): FleetConfig {
    const { serversUrl, serversTlsName } = this.balancers;
    return {
      fleet: this.fleetName,
      serversUrl,
      listedServersUrls: this.listeners.urls,
      ...(serversTlsName !== undefined && { serversTlsName }),
      ...(this.parts.targetTls && { targetTls: true }),
      identity: this.identityConfig(),
      ledgerTable: this.ledgerTable.tableName,
      directoryTable: this.directoryTable.tableName,
      allowlistTable: this.allowlistTable.tableName,
      authorizerFunction: this.authorizer.functionName,
      sealKeySecret: this.sealKey.secretArn,
      keyLifetimeSeconds: this.keyLifetime.toSeconds(),
      ...(this.sessionBudget !== undefined && { sessionBudget: { ...DEFAULT_SESSION_BUDGET, ...this.sessionBudget } }),
      ...(this.requestLimits !== undefined && { requestLimits: this.requestLimits }),
      allowedOrigins: this.allowedOrigins,
      ...(this.edgeApi !== undefined && { stage: API_STAGE }),
      servers: Object.fromEntries([...this.servers].map(([name, server]) => [name, { ...server._config, ...this.credentialOf(server) }])),
    };
  }

  /** @internal */
  get _site(): FleetSite {
    return {
      parts: this.parts,
      serversAccessId: this.serversAccess.securityGroupId,
      sync: { functionArn: this.sync.functionArn, roleArn: (this.sync.role as iam.IRole).roleArn },
      rotatorArn: this.keyRotation.functionArn,
      keyRotation: this.rotationPeriod,
      issuer: this.identity.issuer,
      agentOf: (name) => {
        const agent = this.agents.get(name);
        return agent && { issuer: this.identity.issuer, subject: agent.subject };
      },
      serverProblems: (name, props) => [
        ...nameTwiceProblems(name, [...this.servers.keys(), ...this.listed.map(({ serverName }) => serverName)]),
        ...(this.edgeApi === undefined ? [] : answeredInTimeProblems(props)),
      ],
      take: (server) => this.listed.push(server),
    };
  }

  private credentialOf({ _credential }: McpServer): Pick<ServerConfig, 'credential'> {
    if (_credential === undefined) return {};
    const agentOf = (name: string) => ({ issuer: this.identity.issuer, subject: this.agents.get(name)?.subject ?? '' });
    return { credential: _credential._config(agentOf) };
  }

  /** Whether agents with credentials of their own are agents of the fleet; known when all are added. */
  private strangers(): string[] {
    return [...this.servers.values()].flatMap(({ serverName, _credential }) =>
      (_credential?._agents ?? [])
        .filter((name) => !this.agents.has(name))
        .map(
          (name) =>
            `The credential of "${serverName}" has a secret for the agent "${name}"; allowed: ${[...this.agents.keys()].join(', ') || 'none, for there is no agent'}. Add it by addAgent, or correct the name.`,
        ),
    );
  }

  /** Tokens for the fleet's own endpoints are taken, too: clients ask for those (RFC 8707). */
  private identityConfig(): IdentityConfig {
    return { ...this.identity._config, baseUrl: this.balancers.edgeUrl };
  }

  private facts(): FleetFacts {
    const { identity, agents, servers, tables, archiveBucket, balancers, edgeApi, operators } = this;
    return factsOf(this, { identity, agents, servers, tables, archiveBucket, balancers, edgeApi, resolvers: operators.resolvers });
  }
}
