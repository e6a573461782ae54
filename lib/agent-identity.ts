import { Stack } from 'aws-cdk-lib';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type { IdentityConfig } from '../core/fleet-config';
import { absoluteUrl, type Problem } from './problems';

export interface OidcIdentityProps {
  /** `iss` of the access tokens, an `https://` URL, to the letter: a trailing slash counts (RFC 7519 §4.1.1). */
  readonly issuer: string;
  /** `aud` that an access token must hold, usually the fleet's own URL (RFC 8707). */
  readonly audience: string;
  /**
   * Where the issuer's signing keys are.
   * @default - discovered from the issuer (`/.well-known/openid-configuration`)
   */
  readonly jwksUri?: string;
}

export interface CognitoIdentityProps {
  /** App clients whose access tokens are taken; at least one. Cognito access tokens carry no `aud`, so `client_id` is checked. */
  readonly clients: cognito.IUserPoolClient[];
}

/** Whose access tokens the fleet believes. An agent is the issuer and subject of its token. */
export class AgentIdentity {
  /** Any OpenID Connect or OAuth 2.0 issuer of JWT access tokens. */
  static oidc(props: OidcIdentityProps): AgentIdentity {
    const { issuer, audience, jwksUri } = props;
    return new AgentIdentity({ issuer, audience: [audience], audienceClaim: 'aud', ...(jwksUri !== undefined && { jwksUri }) });
  }

  /** A Cognito user pool. */
  static cognito(userPool: cognito.IUserPool, props: CognitoIdentityProps): AgentIdentity {
    const issuer = `https://cognito-idp.${Stack.of(userPool).region}.amazonaws.com/${userPool.userPoolId}`;
    return new AgentIdentity({
      issuer,
      audience: props.clients.map((client) => client.userPoolClientId),
      audienceClaim: 'client_id',
      jwksUri: `${issuer}/.well-known/jwks.json`,
    });
  }

  /** `iss` of the tokens that are taken. */
  readonly issuer: string;

  private constructor(
    /** @internal */
    readonly _config: IdentityConfig,
  ) {
    this.issuer = _config.issuer;
  }

  /** @internal */
  _problems(): Problem[] {
    const { issuer, audience, jwksUri } = this._config;
    const missing = audience.length === 0 || audience.includes('');
    return [
      ...absoluteUrl('identity issuer', issuer, ['https:'], 'Write the `iss` of your access tokens.'),
      ...absoluteUrl('identity jwksUri', jwksUri, ['https:'], "Write the `jwks_uri` of your issuer's discovery document, or leave it out."),
      ...(missing
        ? [
            {
              what: 'identity audience',
              got: audience,
              allowed: 'at least one audience or app client',
              fix: 'Name what your tokens are issued for.',
            },
          ]
        : []),
    ];
  }
}
