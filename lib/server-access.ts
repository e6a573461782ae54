import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { RUNTIME_PORT } from '../core/fleet-config';

/**
 * The security group that instances of all servers share: rules that let the load balancers reach them do not grow with the servers, of which
 * one has 60 in a direction (Amazon VPC quotas). Nothing in it may reach anything else in it.
 * @param balancers security group of the load balancers before the servers
 */
export function serversAccess(scope: Construct, vpc: ec2.IVpc, balancers: ec2.IConnectable): ec2.SecurityGroup {
  const access = new ec2.SecurityGroup(scope, 'ServersAccess', { vpc, description: 'Instances of MCP servers' });
  access.connections.allowFrom(balancers, ec2.Port.tcp(RUNTIME_PORT), 'Load balancers of servers');
  return access;
}

/**
 * A security group of one server's instances, beside the one that all share: by it a company lets this server reach a database, and no other.
 * It is made when somebody asks for it.
 */
export class OwnAccess {
  private made: ec2.Connections | undefined;

  constructor(
    private readonly server: Construct,
    private readonly vpc: ec2.IVpc,
    private readonly service: ecs.FargateService,
    private readonly shared: ec2.ISecurityGroup,
  ) {}

  get connections(): ec2.Connections {
    this.made ??= this.make();
    return this.made;
  }

  private make(): ec2.Connections {
    const own = new ec2.SecurityGroup(this.server, 'Access', { vpc: this.vpc, description: `Instances of ${this.server.node.path}` });
    const resource = this.service.node.findChild('Service') as ecs.CfnService;
    resource.addPropertyOverride('NetworkConfiguration.AwsvpcConfiguration.SecurityGroups', [
      this.shared.securityGroupId,
      own.securityGroupId,
    ]);
    return own.connections;
  }
}

/** Has a service, where somebody lets it in somewhere, stand for the instances of its server alone: it is in the group of all. */
export function standForItself(service: ecs.FargateService, access: { readonly connections: ec2.Connections }): void {
  Object.defineProperty(service, 'connections', { configurable: true, enumerable: true, get: () => access.connections });
}
