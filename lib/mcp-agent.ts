import { CustomResource, Duration, Lazy } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { refuse } from './problems';
import type { CallGrantProps } from './server-props';

/** Longest `sub` (OpenID Connect Core §2). */
const MAX_SUBJECT = 255;
const ALLOWLIST_RESOURCE = 'Custom::McpFleetAllowlist';

export interface AddAgentProps {
  /** `sub` of the agent's access tokens; 1 to 255 characters. */
  readonly subject: string;
}

/** One row of the allowlist, as the custom resource takes it. */
interface Grant {
  readonly Server: string;
  readonly Tools: string[];
  /** Seconds since the epoch. */
  readonly ExpiresAt?: number;
}

/** An agent of a fleet; made by `McpFleet.addAgent`. It may do nothing until a server grants it calls. */
export class McpAgent extends Construct {
  readonly agentName: string;
  readonly subject: string;
  private readonly grants = new Map<string, Grant>();

  /** @internal */
  static _in(scope: Construct, name: string, props: AddAgentProps, issuer: string, allowlistSync: lambda.IFunction): McpAgent {
    return new McpAgent(scope, name, props, issuer, allowlistSync);
  }

  private constructor(
    scope: Construct,
    name: string,
    props: AddAgentProps,
    private readonly issuer: string,
    private readonly allowlistSync: lambda.IFunction,
  ) {
    super(scope, name);
    const { subject } = props;
    if (subject.length === 0 || subject.length > MAX_SUBJECT) {
      const allowed = `1 to ${MAX_SUBJECT} characters`;
      refuse(this, [{ what: 'agent subject', got: subject, allowed, fix: "Write the `sub` of the agent's access tokens." }]);
    }
    this.agentName = name;
    this.subject = subject;
  }

  /**
   * The custom resource is made with the first grant: an agent without any has no rows.
   * @internal
   */
  _allow(server: { readonly serverName: string }, { tools, expires }: CallGrantProps): void {
    if (this.grants.has(server.serverName)) {
      const fix = 'Name all tools in one grant: a second one would replace the first.';
      refuse(this, [{ what: 'grant', got: server.serverName, allowed: 'one grant per agent and server', fix }]);
    }
    if (this.grants.size === 0) this.syncAllowlist();
    this.grants.set(server.serverName, {
      Server: server.serverName,
      Tools: [...tools].sort(),
      ...(expires !== undefined && { ExpiresAt: Math.floor(expires.date.getTime() / 1000) }),
    });
  }

  private syncAllowlist(): void {
    new CustomResource(this, 'Allowlist', {
      resourceType: ALLOWLIST_RESOURCE,
      serviceToken: this.allowlistSync.functionArn,
      serviceTimeout: Duration.minutes(2),
      properties: {
        Issuer: this.issuer,
        Subject: this.subject,
        Name: this.agentName,
        Grants: Lazy.any({ produce: () => [...this.grants.values()] }),
      },
    });
  }
}
