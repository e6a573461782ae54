import { Size } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { programLogGroup } from './fleet-logs';
import type { FleetParts } from './fleet-parts';
import { acknowledge } from './nag';
import type { TaskSize } from './server-props';
import { DEFAULT_SIZE, memoryMiB } from './task-size';

/** Name of the container that the target group of a server reaches. */
export const SIDECAR_CONTAINER = 'sidecar';

/**
 * A Fargate task definition whose findings of cdk-nag are answered.
 *
 * Containers that run our programs have no health check of their own. The target group asks each of them every ten seconds, and ECS
 * replaces a task that fails three times, sooner than a container's check would; and a command in the container would be another Node.js
 * process every half a minute, for the images have nothing else that could ask: more work than an idle sidecar does.
 */
export function fargateTask(scope: Construct, parts: FleetParts, size: TaskSize = DEFAULT_SIZE): ecs.FargateTaskDefinition {
  const task = new ecs.FargateTaskDefinition(scope, 'Task', {
    cpu: size.cpu,
    memoryLimitMiB: memoryMiB(size),
    runtimePlatform: { cpuArchitecture: parts.architecture, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
  });
  acknowledge(task, 'ECS2', 'Environment variables hold names, addresses and policy; secrets are injected from Secrets Manager.');
  acknowledge(
    task.obtainExecutionRole(),
    'IAM5[Resource::*]',
    'ecr:GetAuthorizationToken takes no resource; nothing else is granted on *.',
  );
  return task;
}

/** The log group of our own programs in a service: what they write there may be metrics. @param given that of a company, and in which property */
export function serviceLogs(scope: Construct, parts: FleetParts, what: string, given?: logs.ILogGroup): logs.ILogGroup {
  if (given !== undefined) return parts.givenLogs.take(scope, { what, group: given, lines: 'own' });
  return programLogGroup(scope, 'Logs', parts);
}

/**
 * The log group of programs that are not ours. CloudWatch takes any line of JSON with `_aws` in it for metrics, of whatever namespace and
 * dimensions, and no driver of Fargate's can wrap lines; of the class Infrequent Access it takes none (CloudWatch Logs User Guide, "Log
 * classes": no embedded metric format, no metric filters). Logs Insights reads it like any other. A group's class cannot be changed.
 */
export function foreignLogs(scope: Construct, parts: FleetParts, given?: logs.ILogGroup): logs.ILogGroup {
  if (given !== undefined) return parts.givenLogs.take(scope, { what: 'serverLogGroup', group: given, lines: 'foreign' });
  return programLogGroup(scope, 'ServerLogs', parts, { logGroupClass: logs.LogGroupClass.INFREQUENT_ACCESS });
}

/** Lines go out through a buffer: a CloudWatch outage loses lines and does not stall calls. */
export function logDriver(logGroup: logs.ILogGroup, container: string): ecs.LogDriver {
  return ecs.LogDrivers.awsLogs({
    logGroup,
    streamPrefix: container,
    mode: ecs.AwsLogDriverMode.NON_BLOCKING,
    maxBufferSize: Size.mebibytes(25),
  });
}

/** Every session and stream is a socket or two; Fargate's default of 1024 (soft) is soon reached. */
export function raiseFileLimit(container: ecs.ContainerDefinition): void {
  container.addUlimits({ name: ecs.UlimitName.NOFILE, softLimit: 65_536, hardLimit: 65_536 });
}

export function imagePlatform(parts: FleetParts): Platform {
  return parts.architecture === ecs.CpuArchitecture.ARM64 ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64;
}
