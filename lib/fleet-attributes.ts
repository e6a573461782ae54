import type { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { duration, flag, having, memberProblems, number, optional, type Shape, struct, text } from './kinds';
import { matching, type Problem, wholeNumber } from './problems';

/** A fleet that another app has deployed. What has no default stands in the output `…Attributes…` of its stack. */
export interface McpFleetAttributes {
  /** As it is known at synth. */
  readonly fleetName: string;
  /** That of the fleet. */
  readonly vpc: ec2.IVpc;
  readonly clusterName: string;
  /** Of the key that encrypts the fleet's own keys. */
  readonly encryptionKeyArn: string;
  /** Security group that the instances of all servers share. */
  readonly serversSecurityGroupId: string;
  /** Function that writes grants, and the list of servers. */
  readonly allowlistFunctionArn: string;
  /** Role of that function. */
  readonly allowlistFunctionRoleArn: string;
  /** Function that rotates the keys between gateway and sidecars. */
  readonly keyRotationFunctionArn: string;
  /** `iss` of the agents' access tokens. */
  readonly issuer: string;
  /**
   * Where tasks stand.
   * @default - private subnets with egress
   */
  readonly subnets?: ec2.SubnetSelection;
  /** @default ecs.CpuArchitecture.X86_64 */
  readonly cpuArchitecture?: ecs.CpuArchitecture;
  /** @default logs.RetentionDays.THREE_MONTHS */
  readonly logRetention?: logs.RetentionDays;
  /**
   * How often the keys between gateway and sidecars are rotated, in whole days.
   * @default Duration.days(90)
   */
  readonly keyRotation?: Duration;
  /**
   * `gateway.deregistrationDelay` of the fleet, where it has one: streams end before it is over.
   * @default - 15 minutes
   */
  readonly gatewayDeregistrationDelay?: Duration;
  /**
   * `targetTls` of the fleet.
   * @default false
   */
  readonly targetTls?: boolean;
}

const OUTPUT = "Copy it from the output `Attributes` of the fleet's stack.";
const ATTRIBUTES: Shape<McpFleetAttributes> = {
  fleetName: text(OUTPUT),
  vpc: having('vpcId', 'a VPC', 'Write Vpc.fromLookup(…), of aws-cdk-lib.'),
  clusterName: text(OUTPUT),
  encryptionKeyArn: text(OUTPUT),
  serversSecurityGroupId: text(OUTPUT),
  allowlistFunctionArn: text(OUTPUT),
  allowlistFunctionRoleArn: text(OUTPUT),
  keyRotationFunctionArn: text(OUTPUT),
  issuer: text(OUTPUT),
  subnets: optional(struct({})),
  cpuArchitecture: optional(having('_cpuArchitecture', 'a CpuArchitecture', 'Write ecs.CpuArchitecture.ARM64, of aws-cdk-lib.')),
  logRetention: optional(number('Write logs.RetentionDays.ONE_MONTH, of aws-cdk-lib.')),
  keyRotation: optional(duration),
  gatewayDeregistrationDelay: optional(duration),
  targetTls: optional(flag),
};

export function attributeProblems(attrs: McpFleetAttributes): Problem[] {
  const unreadable = memberProblems('fleet attributes', attrs, ATTRIBUTES, '');
  if (unreadable.length > 0) return unreadable;
  const arn = (what: keyof McpFleetAttributes, pattern: RegExp, of: string) =>
    matching(what, String(attrs[what]), pattern, `the ARN of a ${of}`, OUTPUT);
  return [
    ...matching('fleetName', attrs.fleetName, /^[A-Za-z0-9-]{1,63}$/, '1 to 63 characters a-z, A-Z, 0-9 and -', OUTPUT),
    ...arn('encryptionKeyArn', /^arn:[^:]+:kms:[^:]+:[^:]+:key\/.+$/, 'key'),
    ...arn('allowlistFunctionArn', /^arn:[^:]+:lambda:[^:]+:[^:]+:function:.+$/, 'function'),
    ...arn('allowlistFunctionRoleArn', /^arn:[^:]+:iam::[^:]+:role\/.+$/, 'role'),
    ...arn('keyRotationFunctionArn', /^arn:[^:]+:lambda:[^:]+:[^:]+:function:.+$/, 'function'),
    ...wholeNumber('keyRotation', attrs.keyRotation?.toDays({ integral: false }), 30, 365, 'It is counted in days.'),
  ];
}
