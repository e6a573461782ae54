import { CustomResource, Duration, Lazy, Stack, Tags, Token, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Agent } from '../core/agent';
import type { ServerConfig } from '../core/fleet-config';
import { LISTED_SERVER_RESOURCE, MOST_LISTING_BYTES } from '../core/listed-servers';
import type { ServerChecks } from '../core/server-checks';
import { FleetGrants } from './fleet-grants';
import { describeServer } from './fleet-metadata';
import type { FleetParts, ServerParts } from './fleet-parts';
import type { FleetSite } from './fleet-site';
import { rotate } from './key-rotation';
import { FLEET_TAG } from './perms';
import type { ServerCredential } from './server-credential';

/** The function answers at once; a stack should not wait for an hour where it does not. */
const SERVICE_TIMEOUT = Duration.minutes(5);

export interface ListedServerProps {
  readonly site: FleetSite;
  readonly parts: FleetParts;
  readonly name: string;
  readonly config: ServerConfig;
  /** Absent for a remote server. */
  readonly sidecarKey?: secretsmanager.Secret;
  readonly credential?: ServerCredential;
  readonly checks?: ServerChecks;
}

/** Lists a server of another stack in its fleet, and has a place given to it behind one of the fleet's load balancers. */
export class ListedServer extends Construct {
  readonly grants: FleetGrants;
  private readonly resource: CustomResource;
  private logGroups: readonly logs.ILogGroup[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ListedServerProps,
  ) {
    super(scope, id);
    const { site, name, sidecarKey, credential, checks } = props;
    this.grants = stackGrants(this, site);
    this.resource = new CustomResource(this, 'Resource', {
      resourceType: LISTED_SERVER_RESOURCE,
      serviceToken: site.sync.functionArn,
      serviceTimeout: SERVICE_TIMEOUT,
      properties: {
        Server: name,
        IsHosted: String(sidecarKey !== undefined),
        Config: Lazy.string({ produce: () => Stack.of(this).toJsonString(this.config()) }),
        LogGroups: Lazy.list({ produce: () => this.logGroups.map(({ logGroupName }) => logGroupName) }, { omitEmpty: true }),
      },
    });
    if (sidecarKey !== undefined) {
      Tags.of(sidecarKey).add(FLEET_TAG, site.parts.name);
      rotate(sidecarKey, site.rotatorArn, site.keyRotation);
    }
    this.tagSecrets(credential?._secrets ?? []);
    this.node.addValidation({ validate: () => [...this.strangers(), ...oversize(name, Stack.of(this).resolve(this.config()))] });
    describeServer(scope, site.parts.name, name, this.grants, checks);
    site.take({ serverName: name, isHosted: sidecarKey !== undefined });
  }

  /** Behind which listener its instances stand, and with which priority of their rule: the fleet's function tells, and keeps it so. */
  place(): ServerParts {
    const { site, parts } = this.props;
    const securityGroup = ec2.SecurityGroup.fromSecurityGroupId(this, 'ServersAccess', site.serversAccessId, { mutable: false });
    const serversListener = elb.ApplicationListener.fromApplicationListenerAttributes(this, 'Listener', {
      listenerArn: this.resource.getAttString('ListenerArn'),
      securityGroup,
    });
    const rulePriority = Token.asNumber(this.resource.getAtt('Priority'));
    return { ...parts, serversListener, rulePriority, serversAccess: securityGroup, grants: this.grants };
  }

  /** Where its programs write: operators of the fleet, who see nothing of this stack, find it in the list. */
  tellLogs(logGroups: readonly logs.ILogGroup[]): void {
    this.logGroups = logGroups;
  }

  private config(): ServerConfig {
    const { config, credential, site } = this.props;
    const agentOf = (name: string) => this.agentOf(name) ?? { issuer: site.issuer, subject: '' };
    return { ...config, ...(credential !== undefined && { credential: credential._config(agentOf) }) };
  }

  /** Lets the gateway read secrets of this app; of others it can only be said what they need. */
  private tagSecrets(secrets: readonly secretsmanager.ISecret[]): void {
    const fleet = this.props.site.parts.name;
    for (const secret of secrets) {
      if (secret instanceof secretsmanager.Secret) Tags.of(secret).add(FLEET_TAG, fleet);
      else {
        const text = `The gateway reads ${secret.node.path} by its tag: ${FLEET_TAG} = ${fleet}. Tag that secret so; with a key of your own, let the gateway's role use it.`;
        Validations.of(this).addWarning('cdk-mcp-fleet:secretTag', text);
      }
    }
  }

  /** One that the fleet of this app has; else one that this stack grants something in the fleet, for it says whose tokens are the agent's. */
  private agentOf(name: string): Agent | undefined {
    const { site } = this.props;
    const known = site.agentOf(name);
    if (known !== undefined) return known;
    const [subject, ...others] = this.grants.subjectsOf(name);
    return subject === undefined || others.length > 0 ? undefined : { issuer: site.issuer, subject };
  }

  private strangers(): string[] {
    const { credential, name } = this.props;
    const unknown = (credential?._agents ?? []).filter((agent) => this.agentOf(agent) === undefined);
    return unknown.map((agent) => {
      const several = this.grants.subjectsOf(agent);
      const what =
        several.length > 1
          ? `of which this stack names ${several.length} subjects (${several.join(', ')})`
          : 'of which this app does not know whose tokens are its own';
      return `The credential of "${name}" has a secret for the agent "${agent}", ${what}; allowed: an agent of the fleet in the same app, or one to which this stack grants something. Add it by addAgent, grant the server to McpAgent.fromAgentAttributes(…), or correct the name.`;
    });
  }
}

/** The parts of a fleet for a stack beside its own, where the fleet's key is a name: its policy would have to name the roles of that stack. */
export function partsIn(scope: Construct, { parts }: FleetSite): FleetParts {
  return { ...parts, key: kms.Key.fromKeyArn(scope, 'FleetKey', parts.key.keyArn) };
}

/** What a stack grants on servers that it has in a fleet: one file and one custom resource, as in the fleet's own. */
function stackGrants(scope: Construct, { parts, sync, issuer }: FleetSite): FleetGrants {
  const stack = Stack.of(scope);
  const id = `McpFleet-${parts.name}`;
  const known = stack.node.tryFindChild(id)?.node.findChild('Grants');
  if (known !== undefined) return known as FleetGrants;
  const place = new Construct(stack, id);
  // That of the fleet's own stack would have to change with each file of this one.
  const role = iam.Role.fromRoleArn(place, 'SyncRole', sync.roleArn);
  return new FleetGrants(place, 'Grants', {
    issuer: () => issuer,
    sync: { functionArn: sync.functionArn, grantPrincipal: role.grantPrincipal },
    isOfFleet: false,
  });
}

function oversize(name: string, config: unknown): string[] {
  const bytes = Buffer.byteLength(JSON.stringify(config));
  if (bytes <= MOST_LISTING_BYTES) return [];
  return [
    `The configuration of the server "${name}" has ${bytes} bytes; allowed: ${MOST_LISTING_BYTES}, for it is one item of a table (DynamoDB). Declare or approve fewer tools, or divide the server.`,
  ];
}
