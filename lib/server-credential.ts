import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Agent } from '../core/agent';
import type { CredentialConfig, SecretSource } from '../core/fleet-config';
import { having, mapOf, memberProblems, optional, type Shape, struct, text, unshown } from './kinds';
import { absoluteUrl, matching, type Problem } from './problems';
import { asProperty } from './tool-names';

export interface HeaderCredentialOptions {
  /**
   * Stands before the value, with its space: `Bearer `.
   * @default - nothing
   */
  readonly prefix?: string;
  /**
   * Key of a JSON secret, of those of agents as well.
   * @default - the whole value
   */
  readonly field?: string;
  /**
   * Secrets of their own for some agents, by the names that `addAgent` gives them.
   * @default - the gateway shows the same for every agent
   */
  readonly perAgent?: { [agentName: string]: ISecret };
}

export interface ClientCredentialsProps {
  /** `https://` URL of the token endpoint. */
  readonly tokenUrl: string;
  readonly clientId: string;
  /** The client's secret; shown to the token endpoint alone. */
  readonly clientSecret: ISecret;
  /**
   * Key of a JSON secret.
   * @default - the whole value
   */
  readonly field?: string;
  /**
   * Scopes to ask for, with a space between two.
   * @default - what the endpoint gives by itself
   */
  readonly scope?: string;
  /**
   * Clients of their own for some agents, by the names that `addAgent` gives them; at the same token endpoint.
   * @default - the gateway shows the same client's tokens for every agent
   */
  readonly perAgent?: { [agentName: string]: AgentClient };
}

/** A client of an agent's own at the token endpoint of a server's credential. */
export interface AgentClient {
  readonly clientId: string;
  /** The client's secret; shown to the token endpoint alone. */
  readonly clientSecret: ISecret;
  /**
   * Scopes to ask for, with a space between two.
   * @default - those that are asked for for every agent
   */
  readonly scope?: string;
}

const SECRET = unshown(
  having('secretArn', 'a secret of Secrets Manager', 'Write Secret.fromSecretNameV2(…): its value belongs into no code and no template.'),
);
const HEADER: Shape<HeaderCredentialOptions> = {
  prefix: optional(unshown(text())),
  field: optional(unshown(text())),
  perAgent: optional(mapOf(SECRET, asProperty, 'Write { agentName: secret, … }.')),
};
const AGENT_CLIENT: Shape<AgentClient> = { clientId: text(), clientSecret: SECRET, scope: optional(text()) };
const CLIENT: Shape<ClientCredentialsProps> = {
  tokenUrl: text('Write the URL of the token endpoint.'),
  clientId: text(),
  clientSecret: SECRET,
  field: optional(unshown(text())),
  scope: optional(text()),
  perAgent: optional(mapOf(struct(AGENT_CLIENT), asProperty, 'Write { agentName: { clientId, clientSecret }, … }.')),
};

/** What the gateway says to every server itself; with another value it would not be understood. */
const TAKEN =
  /^(mcp-.*|accept.*|content-.*|connection|cookie|host|idempotency-key|last-event-id|te|trailer|traceparent|tracestate|baggage|transfer-encoding|upgrade|expect|proxy-.*|keep-alive)$/;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/**
 * What the gateway shows to a server. Only the gateway's role may read it, no agent gives or gets it, and a rotated one is shown as soon
 * as the server refuses the one before it, after five minutes at the latest.
 */
export class ServerCredential {
  /** A header with the value of a secret. */
  static header(name: string, secret: ISecret, options: HeaderCredentialOptions = {}): ServerCredential {
    const problems = [
      ...memberProblems('credential options', options, HEADER, 'credential '),
      ...SECRET('credential secret', secret),
      ...nameProblems(name),
    ];
    if (problems.length > 0) return new ServerCredential({}, problems, [], () => ({}) as CredentialConfig);
    const { prefix, field, perAgent = {} } = options;
    return new ServerCredential(perAgent, [], [secret, ...Object.values(perAgent)], (agentOf) => ({
      kind: 'header',
      header: name.toLowerCase(),
      ...(prefix !== undefined && { prefix }),
      secret: sourceOf(secret, field),
      ...(Object.keys(perAgent).length > 0 && {
        perAgent: Object.entries(perAgent).map(([agent, own]) => ({ ...agentOf(agent), ...sourceOf(own, field) })),
      }),
    }));
  }

  /** A bearer token that the gateway gets by the OAuth client credentials grant (RFC 6749, section 4.4). */
  static oauthClientCredentials(props: ClientCredentialsProps): ServerCredential {
    const unreadable = memberProblems('credential props', props, CLIENT, 'credential ');
    const problems =
      unreadable.length > 0
        ? unreadable
        : absoluteUrl('credential tokenUrl', props.tokenUrl, ['https:'], 'A secret goes there: it needs TLS.');
    if (problems.length > 0) return new ServerCredential({}, problems, [], () => ({}) as CredentialConfig);
    const { tokenUrl, clientId, clientSecret, field, scope, perAgent = {} } = props;
    const clientOf = (client: AgentClient) => ({
      clientId: client.clientId,
      secret: sourceOf(client.clientSecret, field),
      ...((client.scope ?? scope) !== undefined && { scope: (client.scope ?? scope) as string }),
    });
    const secrets = [clientSecret, ...Object.values(perAgent).map((own) => own.clientSecret)];
    return new ServerCredential(perAgent, [], secrets, (agentOf) => ({
      kind: 'oauth',
      tokenUrl,
      ...clientOf({ clientId, clientSecret }),
      ...(Object.keys(perAgent).length > 0 && {
        perAgent: Object.entries(perAgent).map(([agent, own]) => ({ ...agentOf(agent), ...clientOf(own) })),
      }),
    }));
  }

  private constructor(
    private readonly perAgent: { readonly [agentName: string]: ISecret | AgentClient },
    private readonly problems: readonly Problem[],
    /** @internal */
    readonly _secrets: readonly ISecret[],
    /** @internal */
    readonly _config: (agentOf: (name: string) => Agent) => CredentialConfig,
  ) {}

  /** @internal */
  get _agents(): readonly string[] {
    return Object.keys(this.perAgent);
  }

  /** @internal */
  get _problems(): readonly Problem[] {
    return this.problems;
  }

  /** The header by which a server knows it. @internal */
  get _header(): string {
    const config = this._config(() => ({ issuer: '', subject: '' }));
    return config.kind === 'header' ? config.header : 'authorization';
  }
}

function sourceOf(secret: ISecret, field: string | undefined): SecretSource {
  return { arn: secret.secretArn, ...(field !== undefined && { field }) };
}

function nameProblems(name: string): Problem[] {
  const problems = text("Write the name of a header: 'authorization'.")('credential header', name);
  if (problems.length > 0) return problems;
  const allowed = 'a header that the gateway does not set itself';
  const fix = "Write 'authorization' or, say, 'x-api-key'.";
  if (TAKEN.test(name.toLowerCase())) return [{ what: 'credential header', got: name, allowed, fix }];
  return matching('credential header', name, HEADER_NAME, 'the name of a header (RFC 9110, section 5.1)', fix);
}
