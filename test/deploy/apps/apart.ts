import { App, Stack } from 'aws-cdk-lib';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import { context } from '../../../cdk.json';
import { McpAgent, McpFleet, type McpFleetAttributes } from '../../../lib';
import { smallFleet } from '../../apps/company';
import { teamStack } from '../../apps/teams';

const newApp = (outdir: string): App => new App({ outdir, context: { ...context, 'aws:cdk:enable-path-metadata': true } });

/** The app of those who run the fleet, which has no server of its own. */
export function fleetApp(outdir: string): void {
  const app = newApp(outdir);
  smallFleet(new Stack(app, 'Fleet'), 'shared').addAgent('asker', { subject: 'agent-asker' });
  app.synth();
}

/** What the output of the fleet's stack tells. */
export type Told = Omit<McpFleetAttributes, 'vpc'>;

/** The app of a team, which knows of the fleet what an output of its stack tells. */
export function teamApp(outdir: string, id: string, names: readonly string[], told: Told): void {
  const app = newApp(outdir);
  teamStack(app, id, names, (stack) => ({
    fleet: McpFleet.fromAttributes(stack, 'Shared', { ...told, vpc: networkIn(stack) }),
    agent: McpAgent.fromAgentAttributes(stack, 'Asker', { agentName: 'asker', subject: 'agent-asker' }),
  }));
  app.synth();
}

function networkIn(stack: Stack): IVpc {
  return Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0a1b2c3d',
    availabilityZones: ['us-east-1a', 'us-east-1b'],
    privateSubnetIds: ['subnet-0a1b2c3d', 'subnet-1a2b3c4d'],
    privateSubnetRouteTableIds: ['rtb-0a1b2c3d', 'rtb-1a2b3c4d'],
  });
}
