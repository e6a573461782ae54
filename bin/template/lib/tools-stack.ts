import { Stack, type StackProps } from 'aws-cdk-lib';
import { AgentIdentity, FleetEdge, McpFleet, ServerRuntime, ToolPolicy } from 'cdk-mcp-fleet';
import type { Construct } from 'constructs';

/** The MCP servers of this company, and who may call which tools of them. */
export class ToolsStack extends Stack {
  readonly fleet: McpFleet;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    this.fleet = new McpFleet(this, 'Fleet', {
      // Who issues your agents' access tokens. Locally an issuer on this machine stands for it.
      identity: AgentIdentity.oidc({ issuer: 'https://login.example.com', audience: 'https://tools.example.com' }),
      // Plain HTTP inside the VPC; give a certificate and a domain name before tokens cross a network that is not yours.
      edge: FleetEdge.internal(),
    });

    const notes = this.fleet.addServer('notes', {
      runtime: ServerRuntime.stdio({ directory: 'servers/notes/dist', command: ['node', 'server/index.js'] }),
      tools: {
        add_note: ToolPolicy.stateChanging(), // claimed in the ledger before it is sent: a retry does not add it twice
        list_notes: ToolPolicy.readOnly(),
      },
      checks: { read: { tool: 'list_notes' } }, // what `mcp-fleet check` may call, to prove more
    });

    // Nobody may call anything that is not granted.
    const writer = this.fleet.addAgent('writer', { subject: 'agent-writer' });
    const reader = this.fleet.addAgent('reader', { subject: 'agent-reader' });
    notes.grantCall(writer, { tools: ['add_note', 'list_notes'] });
    notes.grantCall(reader, { tools: ['list_notes'] });
  }
}
