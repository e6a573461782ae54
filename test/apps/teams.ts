import { join } from 'node:path';
import { type App, Duration, Stack } from 'aws-cdk-lib';
import { type IMcpFleet, type McpAgent, McpServer, type McpServerProps, ServerRuntime, ToolPolicy } from '../../lib';

/** The server of a team, in a stack of the team's own; any number of them in one. */
export function teamStack(app: App, id: string, names: readonly string[], of: TeamFleet | ((stack: Stack) => TeamFleet)): Stack {
  const stack = new Stack(app, id);
  const known = typeof of === 'function' ? of(stack) : of;
  for (const name of names) addTeamServer(stack, name, known);
  return stack;
}

export interface TeamFleet {
  readonly fleet: IMcpFleet;
  /** Who may call them. */
  readonly agent: McpAgent;
  readonly props?: Partial<McpServerProps> | ((name: string) => Partial<McpServerProps>);
}

function addTeamServer(stack: Stack, name: string, { fleet, agent, props }: TeamFleet): McpServer {
  const server = new McpServer(stack, `Server-${name}`, {
    fleet,
    serverName: name,
    runtime: ServerRuntime.stdio({ directory: join(__dirname, 'teller'), command: ['node', 'server/teller.js'] }),
    sessions: { perInstance: 5 },
    scaling: { minInstances: 1, maxInstances: 2 },
    tools: { tell: ToolPolicy.readOnly() },
    environment: { WHO: name },
    drain: Duration.seconds(1),
    deregistrationDelay: Duration.seconds(1),
    ...(typeof props === 'function' ? props(name) : props),
  });
  server.grantCall(agent, { tools: [McpServer.ALL_TOOLS] });
  return server;
}
