import { App, Stack } from 'aws-cdk-lib';
import { AgentIdentity, FleetEdge, McpFleet, ServerRuntime, ToolPolicy } from 'cdk-mcp-fleet';

const app = new App();
const stack = new Stack(app, 'Tools');
const fleet = new McpFleet(stack, 'Mcp', {
  identity: AgentIdentity.oidc({ issuer: 'https://login.acme.example', audience: 'https://mcp.acme.example' }),
  edge: FleetEdge.internal(),
});
const notes = fleet.addServer('notes', {
  runtime: ServerRuntime.stdio({ directory: 'servers/notes', command: ['node', 'server/index.mjs'] }),
  sessions: { perInstance: 8 },
  tools: { add: ToolPolicy.stateChanging(), list: ToolPolicy.readOnly() },
});
notes.grantCall(fleet.addAgent('writer', { subject: 'agent-writer' }), { tools: ['add', 'list'] });
