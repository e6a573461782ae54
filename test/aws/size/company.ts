import { type App, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { type McpAgent, McpServer, ServerRuntime, ToolPolicy } from '../../../lib';
import { newApp, smallFleet } from '../../apps/company';

export interface Size {
  /** In the fleet's own stack. */
  readonly own: number;
  /** Stacks of teams, and servers in each of them. */
  readonly teams: number;
  readonly each: number;
  readonly agents: number;
}

const TOOLS = { read: ToolPolicy.readOnly(), write: ToolPolicy.stateChanging() };
const RUNTIME = ServerRuntime.http({ package: '@acme/tickets', version: '1.2.3', port: 3000 });

/** A fleet of that size in which every agent may use every server, with its network in a stack of its own. */
export function largeCompany(outdir: string, { own, teams, each, agents: count }: Size): App {
  const app = newApp(outdir);
  const vpc = new Vpc(new Stack(app, 'Network'), 'Vpc', { maxAzs: 2 });
  const fleet = smallFleet(new Stack(app, 'Fleet'), 'large', { vpc, serverBalancers: Math.max(1, Math.ceil((teams * each + 30) / 90)) });
  const agents = Array.from({ length: count }, (_, at) => fleet.addAgent(`agent-${at}`, { subject: `subject-${at}` }));
  const declared = { runtime: RUNTIME, tools: TOOLS };
  for (let at = 0; at < own; at++) grantTo(agents, fleet.addServer(`own-${at}`, declared));
  for (let team = 0; team < teams; team++) {
    const stack = new Stack(app, `Team${team}`);
    for (let at = 0; at < each; at++) grantTo(agents, new McpServer(stack, `Server-${team}-${at}`, { fleet, ...declared }));
  }
  return app;
}

function grantTo(agents: readonly McpAgent[], server: McpServer): void {
  for (const agent of agents) server.grantCall(agent, { tools: ['read', 'write'] });
}
