import { CustomResource, Duration, Lazy, Stack } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { GRANTS_FORMAT, GRANTS_RESOURCE, type GrantsDocument } from '../core/grants-document';
import { type GrantsAsset, grantsAsset } from './grants-asset';
import type { McpAgent } from './mcp-agent';
import { grantObject } from './perms';

/** CloudFormation waits longer than the function may take: hundreds of thousands of rows, written for the first time, take minutes. */
const SERVICE_TIMEOUT = Duration.minutes(15);
/** Most bytes of the document, some 300,000 grants: the function holds it in its memory, beside as many rows. */
const MAX_BYTES = 25_000_000;

export interface FleetGrantsProps {
  /** Asked at synth. */
  readonly issuer: () => string;
  /** The function that writes the allowlist, and its role. */
  readonly sync: iam.IGrantable & { readonly functionArn: string };
  /** Whether the fleet's own stack says it, or another one, of its own servers alone. */
  readonly isOfFleet: boolean;
}

/**
 * All that a stack grants and denies in a fleet, as one file and one custom resource: a stack has 500 resources at most, and a fleet may have more
 * agents than that.
 */
export class FleetGrants extends Construct {
  private asset: { readonly revision: number; readonly made: GrantsAsset } | undefined;
  private revision = 0;
  private readonly agents = new Set<McpAgent>();

  constructor(
    scope: Construct,
    id: string,
    private readonly props: FleetGrantsProps,
  ) {
    super(scope, id);
  }

  /** To be called with every grant: the resource is made with the first of them. */
  changed(agent: McpAgent): void {
    this.agents.add(agent);
    if (this.revision++ > 0) return;
    const { sync, isOfFleet } = this.props;
    const place = (member: 'bucket' | 'key') => Lazy.string({ produce: () => this.published()[member] });
    grantObject(sync, Stack.of(this), place('bucket'), place('key'));
    const resource = new CustomResource(this, 'Resource', {
      resourceType: GRANTS_RESOURCE,
      serviceToken: sync.functionArn,
      serviceTimeout: SERVICE_TIMEOUT,
      properties: {
        Bucket: place('bucket'),
        Key: place('key'),
        Values: Lazy.any({ produce: () => this.published().values }),
        ...(!isOfFleet && { Servers: Lazy.list({ produce: () => this.servers() }) }),
      },
    });
    if (!isOfFleet) resource.node.addDependency(sync.grantPrincipal);
    this.node.addValidation({ validate: () => this.oversize() });
  }

  /** Subjects of the agents of a name to which this stack grants something; more than one where it means two by it. */
  subjectsOf(agentName: string): readonly string[] {
    return [...new Set([...this.agents].filter((agent) => agent.agentName === agentName).map(({ subject }) => subject))];
  }

  private published(): GrantsAsset {
    if (this.asset?.revision !== this.revision) this.asset = { revision: this.revision, made: grantsAsset(this, this.document()) };
    return this.asset.made;
  }

  /** In the order of names: where code declares something says nothing. */
  private document(): GrantsDocument {
    const agents = [...this.agents].map((agent) => ({
      name: agent.agentName,
      subject: agent.subject,
      ...(agent._terms !== undefined && { terms: agent._terms }),
      grants: sortedBy(agent._grantsIn(this), ({ server, effect }) => `${server} ${effect}`),
    }));
    return { format: GRANTS_FORMAT, issuer: this.props.issuer(), agents: sortedBy(agents, ({ name }) => name) };
  }

  private servers(): string[] {
    const granted = [...this.agents].flatMap((agent) => agent._grantsIn(this).map(({ server }) => server));
    return [...new Set(granted)].sort();
  }

  private oversize(): string[] {
    const bytes = Buffer.byteLength(JSON.stringify(this.document()));
    if (bytes <= MAX_BYTES) return [];
    return [
      `The grants of the fleet have ${bytes} bytes; allowed: ${MAX_BYTES}, for one function writes them all. Grant '*' in place of names, or split the fleet.`,
    ];
  }
}

function sortedBy<T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const keyed = items.map((item) => [keyOf(item), item] as const);
  return keyed.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, item]) => item);
}
