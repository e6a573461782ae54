import { Duration, RemovalPolicy, Size, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { FlowLogDestination, GatewayVpcEndpointAwsService, Vpc } from 'aws-cdk-lib/aws-ec2';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import {
  AgentIdentity,
  FleetEdge,
  KeyPolicy,
  McpFleet,
  McpServer,
  OnLoss,
  Reconcile,
  type ServerChecks,
  ServerRuntime,
  ServerSecret,
  ToolPolicy,
} from '../../lib';

/** Acme's agents and the MCP servers that they may use, in a network that Acme brings. */
export class AcmeStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const fleet = new McpFleet(this, 'Mcp', {
      fleetName: 'acme',
      vpc: this.network(),
      identity: AgentIdentity.oidc({ issuer: 'https://login.acme.example', audience: 'https://mcp.acme.example' }),
      edge: FleetEdge.internal({ domainName: 'mcp.acme.example', certificate: this.certificate() }),
      gateway: { deregistrationDelay: Duration.seconds(60) },
    });

    const everything = addEverything(fleet);
    const memory = addMemory(fleet);
    const payments = this.addPayments(fleet);

    const research = fleet.addAgent('research', { subject: 'agent-research' });
    everything.grantCall(research, {
      tools: [McpServer.ALL_TOOLS],
      resources: ['demo://resource/*'],
      prompts: [McpServer.ALL_PROMPTS],
    });
    memory.grantCall(research, { tools: [McpServer.ALL_TOOLS] });

    const support = fleet.addAgent('support', { subject: 'agent-support' });
    payments.grantCall(support, { tools: ['balance', 'find_transfer', 'refund'] });

    const treasury = fleet.addAgent('treasury', { subject: 'agent-treasury' });
    payments.grantCall(treasury, { tools: [McpServer.ALL_TOOLS] });

    // Who is called when an alarm rings, and who only looks back.
    fleet.grantOperate(new Role(this, 'Operator', { assumedBy: new AccountRootPrincipal() }));
    fleet.grantReadLedger(new Role(this, 'Auditor', { assumedBy: new AccountRootPrincipal() }));
    fleet.grantShred(new Role(this, 'Privacy', { assumedBy: new AccountRootPrincipal() }));
  }

  private network(): Vpc {
    const vpc = new Vpc(this, 'Network', {
      maxAzs: 2,
      natGateways: 1,
      restrictDefaultSecurityGroup: false,
      gatewayEndpoints: {
        DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
        S3: { service: GatewayVpcEndpointAwsService.S3 },
      },
    });
    const logGroup = new LogGroup(this, 'NetworkLogs', { retention: RetentionDays.ONE_MONTH });
    vpc.addFlowLog('FlowLog', { destination: FlowLogDestination.toCloudWatchLogs(logGroup) });
    return vpc;
  }

  /** Issued in the company's account; its ARN is all that the stack needs to know. */
  private certificate() {
    const arn = this.formatArn({ service: 'acm', resource: 'certificate', resourceName: '3f1d6c1e-0a55-4d3c-9d55-2c7c3f3a9b10' });
    return Certificate.fromCertificateArn(this, 'Certificate', arn);
  }

  /** Our own server: it moves money, keeps a journal of what it did, and holds the key of a payment provider. */
  private addPayments(fleet: McpFleet): McpServer {
    const journal = new TableV2(this, 'PaymentsJournal', {
      partitionKey: { name: 'entry', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const providerKey = new Secret(this, 'PaymentsApiKey', { description: 'Key of the payment provider' });
    Validations.of(providerKey).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason: 'The payment provider issues this key; it is replaced when the provider sends a new one.',
    });
    const payments = fleet.addServer('payments', {
      runtime: ServerRuntime.http({ directory: 'dist/examples/payments', port: 3000 }),
      sessions: { perInstance: 50, onLoss: OnLoss.RESTART },
      outcomeTool: true,
      scaling: { minInstances: 2, maxInstances: 20 },
      deregistrationDelay: CALLS_TAKE_SECONDS,
      drain: CALLS_TAKE_SECONDS,
      environment: { JOURNAL_TABLE: journal.tableName },
      secrets: [ServerSecret.environment('PAYMENTS_API_KEY', providerKey)],
      tools: {
        transfer: ToolPolicy.stateChanging({ key: KeyPolicy.FENCED, reconcile: TRANSFER_BY_REFERENCE }),
        refund: ToolPolicy.stateChanging(),
        settle_batch: ToolPolicy.stateChanging(),
        balance: ToolPolicy.readOnly(),
        find_transfer: ToolPolicy.readOnly(),
        find_batch: ToolPolicy.readOnly(),
        integration_status: ToolPolicy.readOnly(),
      },
      checks: PAYMENTS_CHECKS,
    });
    journal.grant(payments, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Scan');
    return payments;
  }
}

/** Whether a transfer whose answer was lost has moved money: the bank knows it by its reference. */
const TRANSFER_BY_REFERENCE = Reconcile.by({
  tool: 'find_transfer',
  arguments: '{ "reference": arguments.reference }',
  landed: 'result.structuredContent.count > 0',
  notLanded: 'result.structuredContent.count = 0',
  result: '{ "structuredContent": result.structuredContent.transfers[0] }',
  effectWithin: Duration.seconds(5),
});

/** What `mcp-fleet local` may call to prove the eight checks: a cent from one own account to another. */
const PAYMENTS_CHECKS: ServerChecks = {
  read: { tool: 'balance', arguments: { account: 'vendors' }, expect: "result.structuredContent.account = 'vendors'" },
  write: {
    tool: 'transfer',
    arguments: { from: 'operating', to: 'vendors', amount: 1, currency: 'EUR', reference: '{mark}' },
    executions: { tool: 'find_transfer', arguments: { reference: '{mark}' }, count: 'result.structuredContent.count' },
  },
  // A booked batch may still be refused by the clearing house: what the journal shows is no ground to tell an agent that it was settled.
  lasting: {
    tool: 'settle_batch',
    arguments: { seconds: 4, reference: '{mark}' },
    executions: { tool: 'find_batch', arguments: { reference: '{mark}' }, count: 'result.structuredContent.count' },
  },
  failing: { tool: 'transfer', arguments: { from: 'operating', to: 'vendors', amount: 0, currency: 'EUR' } },
  leak: { tool: 'integration_status', expect: '$length(result.structuredContent.apiKey) > 0' },
};

/** After which an instance that ends may be cut. */
const CALLS_TAKE_SECONDS = Duration.seconds(30);

/** The reference server of the protocol, as its authors publish it: Streamable HTTP with sessions. */
function addEverything(fleet: McpFleet): McpServer {
  const reads = [
    'echo',
    'get-annotated-message',
    'get-resource-links',
    'get-resource-reference',
    'get-structured-content',
    'get-sum',
    'get-tiny-image',
  ];
  return fleet.addServer('everything', {
    runtime: ServerRuntime.http({
      package: '@modelcontextprotocol/server-everything',
      version: '2026.8.31',
      bin: 'mcp-server-everything',
      args: ['streamableHttp'],
      port: 3001,
    }),
    sessions: { perInstance: 50, onLoss: OnLoss.RESTART },
    scaling: { minInstances: 3, maxInstances: 12 },
    deregistrationDelay: CALLS_TAKE_SECONDS,
    drain: CALLS_TAKE_SECONDS,
    tools: readOnly([...reads, 'trigger-long-running-operation']),
    checks: { read: { tool: 'echo', arguments: { message: '{mark}' }, expect: '$contains(result.content[0].text, mark)' } },
  });
}

/** A knowledge graph behind standard input and output: one child process per session. */
function addMemory(fleet: McpFleet): McpServer {
  const writes = ['create_entities', 'create_relations', 'add_observations', 'delete_entities', 'delete_observations', 'delete_relations'];
  return fleet.addServer('memory', {
    runtime: ServerRuntime.stdio({
      package: '@modelcontextprotocol/server-memory',
      version: '2026.8.31',
      // One graph per session: the server rewrites its whole file without a lock, so two children must not share one.
      command: ['sh', '-c', 'MEMORY_FILE_PATH=$(mktemp) exec mcp-server-memory'],
    }),
    sessions: { perInstance: 20 },
    scaling: { minInstances: 2, maxInstances: 10 },
    taskSize: { cpu: 512, memory: Size.gibibytes(2) },
    deregistrationDelay: CALLS_TAKE_SECONDS,
    drain: CALLS_TAKE_SECONDS,
    tools: {
      ...readOnly(['read_graph', 'search_nodes', 'open_nodes']),
      ...Object.fromEntries(writes.map((tool) => [tool, ToolPolicy.stateChanging()])),
    },
    // Only the instance that holds the session finds again what was said in it.
    checks: {
      read: { tool: 'search_nodes', arguments: { query: 'nobody' }, expect: '$count(result.structuredContent.entities) = 0' },
      write: {
        tool: 'create_entities',
        arguments: { entities: [{ name: '{mark}', entityType: 'check', observations: [] }] },
        executions: { tool: 'open_nodes', arguments: { names: ['{mark}'] }, count: '$count(result.structuredContent.entities)' },
      },
      failing: { tool: 'add_observations', arguments: { observations: [{ entityName: 'nobody', contents: [] }] } },
    },
  });
}

function readOnly(tools: readonly string[]): Record<string, ToolPolicy> {
  return Object.fromEntries(tools.map((tool) => [tool, ToolPolicy.readOnly()]));
}
