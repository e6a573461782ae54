import { type App, Stack, Validations } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { type AddServerProps, type CallGrantProps, type IMcpFleet, McpAgent, McpFleet, McpServer, ServerRuntime } from '../../lib';
import { readCloudAssembly } from '../../local/assembly/cloud-assembly';
import { templateWithGrants } from '../../local/assembly/grants';
import type { NamedTemplate } from '../../meaning/declared';
import { newApp } from '../lib/example-fleet';
import { ATTRIBUTES } from '../lib/fleet-attributes';

/** What a team declares in a fleet of another app; every member may be another in its next version. */
export interface TeamDeclaration {
  readonly stack: string;
  readonly reports: (stack: Stack) => AddServerProps;
  readonly grant: CallGrantProps;
  readonly subject: string;
  readonly also: (fleet: IMcpFleet, reports: McpServer, stack: Stack) => void;
}

const USUAL: TeamDeclaration = {
  stack: 'Team',
  reports: () => ({ runtime: ServerRuntime.http({ package: '@acme/reports', version: '1.2.3', port: 3000 }) }),
  grant: { tools: ['list'] },
  subject: 'agent-analyst',
  also: () => {},
};

/** The app of a team, in which the fleet is a name. */
export function teamApp(change: Partial<TeamDeclaration> = {}): readonly NamedTemplate[] {
  const declaration = { ...USUAL, ...change };
  const app = newApp();
  const stack = new Stack(app, declaration.stack);
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1',
    availabilityZones: ['a', 'b'],
    privateSubnetIds: ['subnet-a', 'subnet-b'],
    privateSubnetRouteTableIds: ['rtb-a', 'rtb-b'],
  });
  const fleet = McpFleet.fromAttributes(stack, 'Fleet', { ...ATTRIBUTES, vpc });
  const analyst = McpAgent.fromAgentAttributes(stack, 'Analyst', { agentName: 'analyst', subject: declaration.subject });
  const reports = new McpServer(stack, 'Reports', { fleet, ...declaration.reports(stack) });
  reports.grantCall(analyst, declaration.grant);
  declaration.also(fleet, reports, stack);
  Validations.of(app).acknowledge({ id: 'cdk-mcp-fleet:secretTag', reason: 'a test' });
  return templatesOf(app);
}

/** All stacks of an app, as the command line reads them. */
export function templatesOf(app: App): readonly NamedTemplate[] {
  return readCloudAssembly(app.synth().directory).stacks.map((stack) => ({ name: stack.name, template: templateWithGrants(stack) }));
}
