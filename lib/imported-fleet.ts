import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { delayOf } from './deregistration';
import { attributeProblems, type McpFleetAttributes } from './fleet-attributes';
import { nameTwiceProblems } from './fleet-problems';
import type { FleetSite, IMcpFleet } from './fleet-site';
import { GivenLogs } from './given-logs';
import { DEFAULT_KEY_ROTATION } from './key-rotation';
import { refuse } from './problems';

/** A fleet that another app has deployed: servers of this app can stand in it. */
export class ImportedFleet extends Construct implements IMcpFleet {
  readonly fleetName: string;
  /** @internal */
  readonly _site: FleetSite;
  private readonly servers: string[] = [];

  constructor(scope: Construct, id: string, attrs: McpFleetAttributes) {
    super(scope, id);
    refuse(this, attributeProblems(attrs));
    if (Token.isUnresolved(attrs.fleetName)) {
      const fix = 'It is a dimension of alarms, and part of names: write it down.';
      refuse(this, [{ what: 'fleetName', got: attrs.fleetName, allowed: 'a name that is known at synth', fix }]);
    }
    this.fleetName = attrs.fleetName;
    this._site = this.siteOf(attrs);
  }

  private siteOf(attrs: McpFleetAttributes): FleetSite {
    const { vpc, issuer, serversSecurityGroupId, allowlistFunctionArn, allowlistFunctionRoleArn, keyRotationFunctionArn } = attrs;
    return {
      parts: {
        name: attrs.fleetName,
        vpc,
        subnets: attrs.subnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
        cluster: ecs.Cluster.fromClusterAttributes(this, 'Cluster', { clusterName: attrs.clusterName, vpc }),
        architecture: attrs.cpuArchitecture ?? ecs.CpuArchitecture.X86_64,
        key: kms.Key.fromKeyArn(this, 'Key', attrs.encryptionKeyArn),
        logRetention: attrs.logRetention ?? logs.RetentionDays.THREE_MONTHS,
        givenLogs: new GivenLogs(attrs.fleetName),
        targetTls: attrs.targetTls ?? false,
        gatewayDelay: attrs.gatewayDeregistrationDelay ?? delayOf(undefined),
      },
      serversAccessId: serversSecurityGroupId,
      sync: { functionArn: allowlistFunctionArn, roleArn: allowlistFunctionRoleArn },
      rotatorArn: keyRotationFunctionArn,
      keyRotation: attrs.keyRotation ?? DEFAULT_KEY_ROTATION,
      issuer,
      agentOf: () => undefined,
      serverProblems: (name) => nameTwiceProblems(name, this.servers),
      take: ({ serverName }) => this.servers.push(serverName),
    };
  }
}
