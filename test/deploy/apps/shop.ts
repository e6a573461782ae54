import { join } from 'node:path';
import { App, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { context } from '../../../cdk.json';
import { AgentIdentity, FleetEdge, KeyPolicy, McpFleet, OnLoss, ServerRuntime, ServerSecret, ToolPolicy } from '../../../lib';

/** What the company's fleet is at a time. */
export interface Shape {
  /** Version of the server `bank`; `broken` ends at once. */
  readonly bank: 'one' | 'two' | 'broken';
  /** Version of the server `notes`. */
  readonly notes: 'one' | 'two';
  /** Sessions that `notes` has room for. */
  readonly notesCap: number;
  /** Whether there is the server `rates`. */
  readonly rates: boolean;
  /** What the agent `auditor` may do at the bank, if there is one. */
  readonly auditor?: readonly string[];
  /** Seconds that a gateway has from its deregistration on; streams of agents end politely within half of it. */
  readonly gatewayDelay?: number;
  /** Whether the table `Orders` has an index. */
  readonly indexed?: boolean;
}

export interface ShopProps extends Shape {
  /** Folder of the servers' programs. */
  readonly programs: string;
  /** Where servers tell of what they execute. */
  readonly journal: string;
}

const TOOLS = { read: ToolPolicy.readOnly(), write: ToolPolicy.stateChanging({ key: KeyPolicy.REQUIRED }) };

/** The company whose fleet is deployed, changed, broken and destroyed. */
export function shop({ programs, journal, ...shape }: ShopProps, outdir: string): void {
  const app = new App({ outdir, context });
  const stack = new Stack(app, 'Shop');
  const orders = new TableV2(stack, 'Orders', {
    partitionKey: { name: 'order', type: AttributeType.STRING },
    removalPolicy: RemovalPolicy.RETAIN,
    ...(shape.indexed && {
      globalSecondaryIndexes: [{ indexName: 'byBuyer', partitionKey: { name: 'buyer', type: AttributeType.STRING } }],
    }),
  });
  const apiKey = new Secret(stack, 'ApiKey', { removalPolicy: RemovalPolicy.RETAIN });
  const fleet = new McpFleet(stack, 'Mcp', {
    fleetName: 'shop',
    identity: AgentIdentity.oidc({ issuer: 'https://login.shop.example', audience: 'https://mcp.shop.example' }),
    edge: FleetEdge.internal(),
    ...(shape.gatewayDelay !== undefined && { gateway: { deregistrationDelay: Duration.seconds(shape.gatewayDelay) } }),
  });
  Validations.of(fleet).acknowledge({ id: 'Annotation::cdk-mcp-fleet:plainHttp', reason: 'No token of it is worth anything elsewhere' });
  const buyer = fleet.addAgent('buyer', { subject: 'agent-buyer' });
  const common = { environment: { JOURNAL: journal, ORDERS: orders.tableName }, drain: Duration.seconds(3), tools: TOOLS };
  const single = { minInstances: 1, maxInstances: 1 };
  const stdio = (version: string): ServerRuntime =>
    ServerRuntime.stdio({ directory: join(programs, `desk-stdio-${version}`), command: ['node', 'server/index.js'] });

  // Its sessions go on elsewhere when an instance is replaced.
  const bank = fleet.addServer('bank', {
    ...common,
    runtime: ServerRuntime.http({ directory: join(programs, `desk-http-${shape.bank}`), port: 3000 }),
    sessions: { perInstance: 50, onLoss: OnLoss.RESTART },
    scaling: { minInstances: 2, maxInstances: 4 },
    secrets: [ServerSecret.environment('API_KEY', apiKey)],
  });
  // Its sessions end with their instance, and agents are told so.
  const notes = fleet.addServer('notes', {
    ...common,
    runtime: stdio(shape.notes),
    // Who finds it full is told so at once, so that the cap is seen without waiting.
    sessions: { perInstance: shape.notesCap, onLoss: OnLoss.SURFACE, queue: { wait: Duration.seconds(1) } },
    scaling: single,
  });
  const rates = shape.rates ? [fleet.addServer('rates', { ...common, runtime: stdio('one'), scaling: single })] : [];
  for (const server of [bank, notes, ...rates]) server.grantCall(buyer, { tools: ['read', 'write'] });
  if (shape.auditor) bank.grantCall(fleet.addAgent('auditor', { subject: 'agent-auditor' }), { tools: [...shape.auditor] });
  app.synth();
}
