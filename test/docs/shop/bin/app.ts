import { App, type CfnResource, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AgentIdentity, FleetEdge, McpFleet, ServerRuntime, ServerSecret, ToolPolicy } from 'cdk-mcp-fleet';

// A server that is given what does not run on one machine, under the names of docs/local.md.
const app = new App();
const jobs = new Queue(new Stack(app, 'Data'), 'Jobs');
(jobs.node.defaultChild as CfnResource).overrideLogicalId('JobsQueue');
const shop = new Stack(app, 'Shop');
const key = new Secret(shop, 'Key');
(key.node.defaultChild as CfnResource).overrideLogicalId('ApiKey');

const fleet = new McpFleet(shop, 'Mcp', {
  identity: AgentIdentity.oidc({ issuer: 'https://login.shop.example', audience: 'https://mcp.shop.example' }),
  edge: FleetEdge.internal(),
});
const notes = fleet.addServer('notes', {
  runtime: ServerRuntime.stdio({ directory: 'servers/notes', command: ['node', 'server/index.mjs'] }),
  environment: { JOBS: jobs.queueUrl },
  secrets: [ServerSecret.environment('API_KEY', key)],
  tools: { add: ToolPolicy.stateChanging(), list: ToolPolicy.readOnly() },
});
notes.grantCall(fleet.addAgent('writer', { subject: 'agent-writer' }), { tools: ['add', 'list'] });
