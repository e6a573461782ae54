import { Token } from 'aws-cdk-lib';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type { IdentityConfig } from '../core/fleet-config';
import { having, listOf, memberProblems, optional, type Shape, text } from './kinds';
import { absoluteUrl, matching, type Problem } from './problems';

export interface OidcIdentityProps {
  /** `iss` of the access tokens, an `https://` URL, to the letter: a trailing slash counts (RFC 7519 §4.1.1). */
  readonly issuer: string;
  /**
   * `aud` that access tokens hold, usually the fleet's own URL (RFC 8707). A token for the endpoint of one server, as MCP clients ask
   * for it, is taken there too.
   */
  readonly audience: string;
  /**
   * Further ones; a token must hold one of them all.
   * @default - none
   */
  readonly furtherAudiences?: string[];
  /**
   * Scopes that a token must have, all of them. Clients are told them, and one that has too few with 403 `insufficient_scope`.
   * @default - none
   */
  readonly requiredScopes?: string[];
  /**
   * Where the issuer's signing keys are.
   * @default - discovered from the issuer (`/.well-known/openid-configuration`)
   */
  readonly jwksUri?: string;
}

export interface CognitoIdentityProps {
  /** App clients whose access tokens are taken; at least one. Cognito access tokens carry no `aud`, so `client_id` is checked. */
  readonly clients: cognito.IUserPoolClient[];
  /**
   * Scopes that a token must have, all of them.
   * @default - none
   */
  readonly requiredScopes?: string[];
}

const OIDC: Shape<OidcIdentityProps> = {
  issuer: text('Write the `iss` of your access tokens.'),
  audience: text('Write the `aud` of your access tokens.'),
  furtherAudiences: optional(listOf(text())),
  requiredScopes: optional(listOf(text())),
  jwksUri: optional(text()),
};
const COGNITO: Shape<CognitoIdentityProps> = {
  clients: listOf(having('userPoolClientId', 'an app client', 'Write userPool.addClient(…), or UserPoolClient.fromUserPoolClientId(…).')),
  requiredScopes: optional(listOf(text())),
};
/** RFC 6749 §3.3, scope-token. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const USER_POOL = having('userPoolId', 'a user pool', 'Make one, or write UserPool.fromUserPoolId(…), of aws-cdk-lib.');

/** Whose access tokens the fleet believes. An agent is the issuer and subject of its token. */
export class AgentIdentity {
  /** Any OpenID Connect or OAuth 2.0 issuer of JWT access tokens. */
  static oidc(props: OidcIdentityProps): AgentIdentity {
    return new AgentIdentity(
      () => memberProblems('identity props', props, OIDC, 'identity '),
      () => ({
        issuer: props.issuer,
        audience: [props.audience, ...(props.furtherAudiences ?? [])],
        audienceClaim: 'aud',
        ...(props.jwksUri !== undefined && { jwksUri: props.jwksUri }),
        ...(props.requiredScopes !== undefined && { requiredScopes: props.requiredScopes }),
      }),
    );
  }

  /** A Cognito user pool, of whichever region: its id begins with it. */
  static cognito(userPool: cognito.IUserPool, props: CognitoIdentityProps): AgentIdentity {
    return new AgentIdentity(
      () => [...userPoolProblems(userPool), ...memberProblems('identity props', props, COGNITO, 'identity ')],
      () => {
        const issuer = cognitoIssuer(userPool);
        const audience = props.clients.map((client) => client.userPoolClientId);
        return {
          issuer,
          audience,
          audienceClaim: 'client_id',
          jwksUri: `${issuer}/.well-known/jwks.json`,
          ...(props.requiredScopes !== undefined && { requiredScopes: props.requiredScopes }),
        };
      },
    );
  }

  private constructor(
    /** What cannot even be read of what was given. */
    private readonly unreadable: () => Problem[],
    private readonly config: () => IdentityConfig,
  ) {}

  /** `iss` of the tokens that are taken. */
  get issuer(): string {
    return this._config.issuer;
  }

  /** @internal */
  get _config(): IdentityConfig {
    return this.config();
  }

  /** @internal */
  _problems(): Problem[] {
    const problems = this.unreadable();
    return problems.length > 0 ? problems : identityProblems(this._config);
  }
}

function identityProblems({ issuer, audience, jwksUri, requiredScopes = [] }: IdentityConfig): Problem[] {
  const problems = [
    ...requiredScopes.flatMap((scope) =>
      matching(
        'identity requiredScopes',
        scope,
        SCOPE,
        'visible ASCII characters without " and \\ (RFC 6749 §3.3)',
        'Write one scope for each member.',
      ),
    ),
    ...absoluteUrl('identity issuer', issuer, ['https:'], 'Write the `iss` of your access tokens.'),
    ...absoluteUrl('identity jwksUri', jwksUri, ['https:'], "Write the `jwks_uri` of your issuer's discovery document, or leave it out."),
  ];
  if (audience.length > 0 && !audience.includes('')) return problems;
  const allowed = 'at least one audience or app client';
  return [...problems, { what: 'identity audience', got: audience, allowed, fix: 'Name what your tokens are issued for.' }];
}

function userPoolProblems(userPool: cognito.IUserPool): Problem[] {
  const what = 'identity userPool';
  const problems = USER_POOL(what, userPool);
  if (problems.length > 0) return problems;
  const allowed = 'an id such as eu-west-1_AbC123, which begins with the region';
  return matching(what, userPool.userPoolId, /^[a-z]+(-[a-z0-9]+)+_\w+$/, allowed, 'Write the id of the pool, not its name.');
}

/**
 * A pool that was imported into a stack may stand elsewhere: its id says where, and where that is known at deployment only, its
 * environment does (that of its ARN, or of its stack).
 */
function cognitoIssuer({ userPoolId, env }: cognito.IUserPool): string {
  const region = Token.isUnresolved(userPoolId) ? env.region : userPoolId.split('_', 1)[0];
  return `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`;
}
