import { App, Stack } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { AgentIdentity, FleetEdge, McpFleet, OnLoss, ServerRuntime, ToolPolicy } from '../../../lib';

/** One server that is built from a folder of the app, and one that runs from a folder beside it. */
const app = new App();
const fleet = new McpFleet(new Stack(app, 'Shop'), 'Mcp', {
  fleetName: 'watched',
  identity: AgentIdentity.oidc({ issuer: 'https://login.example', audience: 'https://watched.example' }),
  edge: FleetEdge.internal(),
  gateway: { replicas: 1 },
});
const common = {
  sessions: { perInstance: 9, onLoss: OnLoss.RESTART },
  scaling: { minInstances: 1, maxInstances: 2 },
  tools: { version: ToolPolicy.readOnly(), secret: ToolPolicy.readOnly() },
};
const notes = fleet.addServer('notes', {
  ...common,
  runtime: ServerRuntime.stdio({ directory: 'servers/notes', command: ['node', 'server/notes.cjs'] }),
});
const clock = fleet.addServer('clock', {
  ...common,
  runtime: ServerRuntime.http({
    image: ContainerImage.fromRegistry('acme/clock:1'),
    port: 3000,
    localCommand: ['node', '../clock/clock.cjs'],
  }),
});
const asker = fleet.addAgent('asker', { subject: 'agent-asker' });
notes.grantCall(asker, { tools: ['version'] });
clock.grantCall(asker, { tools: ['version'] });
// the end
