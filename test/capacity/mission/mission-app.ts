import { Duration } from 'aws-cdk-lib';
import type { CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { CPU_TARGET } from '../../../bin/plan/servers';
import { type McpFleet, type McpServer, ServerRuntime, ToolPolicy } from '../../../lib';
import type { FleetApp } from '../../suites/fleet-app';
import { CPU_METRIC, CPU_NAMESPACE, TOOL } from './cpu-metric';
import { type Follows, type Mission, serversOf } from './mission';

/** As the constructs choose it where nothing is said. */
const VCPU = 0.5;

/** @param directory of the servers' image */
export function missionFleet(mission: Mission, followed: readonly Follows[], directory: string, agents: readonly string[]): FleetApp {
  const { perInstance, minInstances, maxInstances, waitSeconds } = mission;
  const add = (fleet: McpFleet, name: string): McpServer =>
    fleet.addServer(name, {
      runtime: ServerRuntime.http({ directory, port: 3000 }),
      environment: { VCPU: String(VCPU), SERVER_NAME: name },
      sessions: { perInstance, queue: { wait: Duration.seconds(waitSeconds) } },
      scaling: { minInstances, maxInstances },
      tools: { [TOOL]: ToolPolicy.readOnly() },
      drain: Duration.seconds(3),
    });
  return {
    name: 'mission',
    agents,
    servers: (fleet) =>
      followed.flatMap((follows) =>
        serversOf(mission, follows).map((name) => {
          const server = add(fleet, name);
          tellCpu(server);
          if (follows === 'cpu') followCpu(server);
          return server;
        }),
      ),
  };
}

/** ECS would tell it. Here the server does, in a log group of which metrics are taken. */
function tellCpu(server: McpServer): void {
  for (const group of server.node.findAll())
    if (group instanceof CfnLogGroup && group.node.path.includes('ServerLogs')) group.logGroupClass = 'STANDARD';
}

/** What everybody would set up: a target of CPU in place of one of sessions, and nobody who calls for instances. */
function followCpu(server: McpServer): void {
  const tracking = server.node.findChild('Service').node.findChild('TaskCount').node.findChild('Target').node.findChild('SlotUtilization');
  const metric = {
    Namespace: CPU_NAMESPACE,
    MetricName: CPU_METRIC,
    Statistic: 'Average',
    Dimensions: [{ Name: 'Server', Value: server.serverName }],
  };
  const policy = tracking.node.defaultChild as CfnScalingPolicy;
  policy.addPropertyOverride('TargetTrackingScalingPolicyConfiguration', {
    TargetValue: CPU_TARGET,
    CustomizedMetricSpecification: metric,
  });
  for (const child of ['QueueDepthDemand', 'RejectedDemand', 'Demand']) server.node.tryRemoveChild(child);
}
