import { Duration, Names, RemovalPolicy } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { DEFAULT_KEY_LIFETIME_SECONDS, type FleetConfig } from '../core/fleet-config';
import type { AgentIdentity } from './agent-identity';
import { FleetDashboard } from './fleet-dashboard';
import { allowlistSyncFunction, authorizerFunction } from './fleet-functions';
import { describeFleet, type FleetFacts, refuseNameTwice } from './fleet-metadata';
import { fleetCluster, fleetVpc } from './fleet-network';
import type { FleetParts } from './fleet-parts';
import { agentProblems, fleetProblems, newServerProblems } from './fleet-problems';
import type { McpFleetProps } from './fleet-props';
import { allowlistTable, directoryTable, ledgerTable } from './fleet-tables';
import { GatewayService } from './gateway-service';
import { generatedKey } from './generated-key';
import { ledgerJanitor } from './ledger-janitor';
import { LoadBalancers } from './load-balancers';
import { type AddAgentProps, McpAgent } from './mcp-agent';
import { McpServer } from './mcp-server';
import { grantSecret } from './perms';
import { refuse } from './problems';
import { rulePriority } from './rule-priority';
import type { AddServerProps } from './server-props';

/**
 * A fleet of MCP servers behind one gateway: agents call `{url}/{server}/mcp`.
 * The ledger, directory and allowlist tables and their key are kept when the stack is deleted.
 */
export class McpFleet extends Construct implements ec2.IConnectable {
  readonly fleetName: string;
  /** Base URL for agents, without a trailing slash. */
  readonly url: string;
  readonly vpc: ec2.IVpc;
  readonly cluster: ecs.ICluster;
  readonly encryptionKey: kms.IKey;
  /** Point the edge's domain name at this one. */
  readonly edgeLoadBalancer: elb.ApplicationLoadBalancer;
  /** The edge: allow more clients in here. */
  readonly connections: ec2.Connections;
  readonly gatewayService: ecs.FargateService;
  readonly ledgerTable: dynamodb.TableV2;
  readonly directoryTable: dynamodb.TableV2;
  readonly allowlistTable: dynamodb.TableV2;
  readonly dashboard: cloudwatch.Dashboard;

  private readonly parts: FleetParts;
  private readonly identity: AgentIdentity;
  private readonly allowedOrigins: string[];
  private readonly keyLifetime: Duration;
  private readonly balancers: LoadBalancers;
  private readonly gateway: GatewayService;
  private readonly authorizer: lambda.Function;
  private readonly allowlistSync: lambda.Function;
  private readonly sealKey: secretsmanager.Secret;
  private readonly overview: FleetDashboard;
  private readonly agentScope: Construct;
  private readonly servers = new Map<string, McpServer>();
  private readonly agents = new Map<string, McpAgent>();

  constructor(scope: Construct, id: string, props: McpFleetProps) {
    super(scope, id);
    refuse(this, fleetProblems(props));
    this.fleetName = props.fleetName ?? Names.uniqueResourceName(this, { maxLength: 63, separator: '-' });
    refuseNameTwice(this, this.fleetName);
    this.identity = props.identity;
    this.allowedOrigins = props.allowedOrigins ?? [];
    this.keyLifetime = props.keyLifetime ?? Duration.seconds(DEFAULT_KEY_LIFETIME_SECONDS);
    const logRetention = props.logRetention ?? logs.RetentionDays.THREE_MONTHS;
    this.vpc = props.vpc ?? props.cluster?.vpc ?? fleetVpc(this, logRetention);
    this.cluster = props.cluster ?? fleetCluster(this, this.vpc);
    this.encryptionKey = props.encryptionKey ?? new kms.Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.RETAIN });
    this.parts = {
      name: this.fleetName,
      vpc: this.vpc,
      subnets: props.subnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      cluster: this.cluster,
      architecture: props.cpuArchitecture ?? ecs.CpuArchitecture.X86_64,
      key: this.encryptionKey,
      logRetention,
      ...(props.alarmTopic !== undefined && { alarmAction: new SnsAction(props.alarmTopic) }),
    };

    this.ledgerTable = ledgerTable(this, this.encryptionKey);
    this.directoryTable = directoryTable(this, this.encryptionKey);
    this.allowlistTable = allowlistTable(this, this.encryptionKey);
    const tables = { allowlist: this.allowlistTable, directory: this.directoryTable };
    this.authorizer = authorizerFunction(this, this.parts, tables, this.identity._config);
    this.allowlistSync = allowlistSyncFunction(this, this.parts, this.allowlistTable);
    ledgerJanitor(this, this.parts, this.ledgerTable, () => [...this.servers.keys()]);
    this.sealKey = generatedKey(this, 'SealKey', this.encryptionKey, 'Seals session ids');
    this.balancers = new LoadBalancers(this, 'LoadBalancers', { ...this.parts, edge: props.edge._spec });
    this.edgeLoadBalancer = this.balancers.edge;
    this.connections = this.balancers.edgeListener.connections;
    this.url = this.balancers.edgeUrl;
    this.gateway = new GatewayService(this, 'Gateway', {
      parts: this.parts,
      options: props.gateway,
      targets: this.balancers.gatewayTargets,
      config: () => this.config(),
      ledger: this.ledgerTable,
      directory: this.directoryTable,
      authorizer: this.authorizer,
      sealKey: this.sealKey,
    });
    this.gatewayService = this.gateway.service;
    this.balancers.serversListener.connections.allowDefaultPortFrom(this.gatewayService, 'Gateway');
    this.overview = new FleetDashboard(this, 'Dashboard', this.fleetName);
    this.dashboard = this.overview.dashboard;
    this.agentScope = new Construct(this, 'Agents');
    describeFleet(this, this.fleetName, () => this.facts());
  }

  /**
   * Adds an MCP server under `{url}/{name}/mcp`.
   * @param name 1 to 31 characters a-z, 0-9 and -, a letter first; once in a fleet
   */
  addServer(name: string, props: AddServerProps): McpServer {
    refuse(this, newServerProblems(name, [...this.servers.keys()]));
    const { serversListener } = this.balancers;
    const server = McpServer._in(this, name, { ...this.parts, serversListener, rulePriority: rulePriority(name) }, props);
    if (server._sidecarKey !== undefined) grantSecret(this.gateway.taskRole, server._sidecarKey, this.encryptionKey);
    this.overview.addServer(server);
    this.servers.set(name, server);
    return server;
  }

  /**
   * Names an agent, so that servers can grant it calls.
   * @param name 1 to 31 characters a-z, 0-9 and -, a letter first; once in a fleet
   */
  addAgent(name: string, props: AddAgentProps): McpAgent {
    refuse(this, agentProblems(name, props, [...this.agents.values()]));
    const agent = McpAgent._in(this.agentScope, name, props, this.identity.issuer, this.allowlistSync);
    this.agents.set(name, agent);
    return agent;
  }

  private config(): FleetConfig {
    const { serversUrl, serversTlsName } = this.balancers;
    return {
      fleet: this.fleetName,
      serversUrl,
      ...(serversTlsName !== undefined && { serversTlsName }),
      identity: this.identity._config,
      ledgerTable: this.ledgerTable.tableName,
      directoryTable: this.directoryTable.tableName,
      authorizerFunction: this.authorizer.functionName,
      sealKeySecret: this.sealKey.secretArn,
      keyLifetimeSeconds: this.keyLifetime.toSeconds(),
      allowedOrigins: this.allowedOrigins,
      servers: Object.fromEntries([...this.servers].map(([name, server]) => [name, server._config])),
    };
  }

  private facts(): FleetFacts {
    const edge = this.edgeLoadBalancer.node.defaultChild as elb.CfnLoadBalancer;
    const checks = [...this.servers].flatMap(([name, { _checks }]) => (_checks === undefined ? [] : [[name, _checks] as const]));
    return {
      issuer: this.identity.issuer,
      audience: this.identity._config.audience,
      agents: Object.fromEntries([...this.agents].map(([name, agent]) => [name, { subject: agent.subject }])),
      servers: [...this.servers.keys()],
      ledgerTable: this.ledgerTable.tableName,
      directoryTable: this.directoryTable.tableName,
      allowlistTable: this.allowlistTable.tableName,
      ...(checks.length > 0 && { checks: Object.fromEntries(checks) }),
      edge: { loadBalancer: edge.logicalId, port: this.balancers.edgePort },
    };
  }
}
