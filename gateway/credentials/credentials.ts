import type { Logger } from 'pino';
import { agentId } from '../../core/agent';
import { endedBy } from '../../core/endings';
import type { CredentialConfig, FleetConfig, HeaderCredential, SecretSource } from '../../core/fleet-config';
import { LeakGuard } from '../../core/secrets/leak-guard';
import type { Metrics } from '../metrics';
import { ClientTokens, type TokenClient } from './client-tokens';
import { type ReadSecret, SecretValues } from './secret-values';

/** A header that is shown to a server. */
export interface CredentialField {
  readonly name: string;
  readonly value: string;
}

export interface CredentialsParts {
  readonly config: Pick<FleetConfig, 'servers'>;
  readonly readSecret: ReadSecret;
  readonly metrics: Pick<Metrics, 'count'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Values of one secret that a server may still show: the present one and the one before it. */
const REMEMBERED_VALUES = 2;

/** What the gateway shows to servers in its own or an agent's name. No agent gives or gets any of it. */
export class Credentials {
  private readonly values: SecretValues;
  private readonly tokens: ClientTokens;
  /** By server, then by secret. */
  private readonly seen = new Map<string, Map<string, readonly string[]>>();
  private readonly guards = new Map<string, LeakGuard>();

  constructor(private readonly parts: CredentialsParts) {
    this.values = new SecretValues(parts.readSecret, parts.now);
    this.tokens = new ClientTokens(parts.now);
  }

  /** @throws FleetError SERVER_UNAVAILABLE where it cannot be had: nobody else is concerned */
  of(server: string, agent: string): Promise<CredentialField> {
    return this.get(server, agent, false);
  }

  /** Instead of one that a server has refused: the secret may have been rotated. @throws as {@link of} */
  renewed(server: string, agent: string): Promise<CredentialField> {
    return this.get(server, agent, true);
  }

  /** Keeps in what the server was shown. */
  guardOf(server: string): LeakGuard | undefined {
    return this.guards.get(server);
  }

  /** The server has told it, and nobody was given it. */
  noteLeak(server: string, secret: string): void {
    this.parts.metrics.count(server, 'SecretLeaksBlocked');
    this.parts.log.error({ event: 'secret_leak_blocked', server, secret });
  }

  private async get(server: string, agent: string, isRefused: boolean): Promise<CredentialField> {
    const credential = this.parts.config.servers[server]?.credential as CredentialConfig;
    try {
      const { source, ...shown } = shownTo(credential, agent);
      const read = async (): Promise<string> => {
        const value = await (isRefused ? this.values.fresh(source) : this.values.of(source));
        this.remember(server, nameOf(credential), `${source.arn} ${source.field}`, value);
        return value;
      };
      if (shown.kind === 'header') return { name: shown.header, value: `${shown.prefix ?? ''}${await read()}` };
      const { client } = shown;
      const token = await (isRefused ? this.tokens.fresh(client, read) : this.tokens.of(client, read));
      this.remember(server, nameOf(credential), `token ${client.clientId}`, token);
      return { name: 'authorization', value: `Bearer ${token}` };
    } catch (error) {
      const reason = (error as Error).message;
      this.parts.log.error({ event: 'credential_unavailable', server, agent, error: (error as Error).name, reason });
      throw endedBy('no_credential', `what the gateway is to show to it cannot be had (${(error as Error).name})`);
    }
  }

  private remember(server: string, name: string, source: string, value: string): void {
    const seen = this.seen.get(server) ?? new Map<string, readonly string[]>();
    const values = seen.get(source) ?? [];
    if (values[0] === value) return;
    seen.set(source, [value, ...values].slice(0, REMEMBERED_VALUES));
    this.seen.set(server, seen);
    this.guards.set(
      server,
      new LeakGuard(
        [...seen.values()].flat().map((each) => ({ name, value: each })),
        this.parts.now,
      ),
    );
  }
}

type Shown = { readonly source: SecretSource } & (
  | Pick<HeaderCredential, 'kind' | 'header' | 'prefix'>
  | { readonly kind: 'oauth'; readonly client: TokenClient }
);

/** What is shown in an agent's name: its own where it is given one. */
function shownTo(credential: CredentialConfig, agent: string): Shown {
  if (credential.kind === 'header') {
    const source = credential.perAgent?.find((own) => agentId(own) === agent) ?? credential.secret;
    return { kind: 'header', header: credential.header, ...(credential.prefix !== undefined && { prefix: credential.prefix }), source };
  }
  const { tokenUrl, perAgent } = credential;
  const { clientId, secret, scope } = perAgent?.find((own) => agentId(own) === agent) ?? credential;
  return { kind: 'oauth', client: { tokenUrl, clientId, secret, ...(scope !== undefined && { scope }) }, source: secret };
}

/** By which a mask tells it. */
function nameOf(credential: CredentialConfig): string {
  return credential.kind === 'header' ? credential.header : 'authorization';
}
