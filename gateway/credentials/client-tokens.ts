import type { ClientCredentials, OAuthClient } from '../../core/fleet-config';

/** A client and where it gets its tokens. */
export type TokenClient = OAuthClient & Pick<ClientCredentials, 'tokenUrl'>;

/** Longest wait for a token endpoint, in milliseconds. */
const TOKEN_PATIENCE_MS = 10_000;
/** A token is not shown any more so long before its end, in milliseconds: a call takes its time. */
const BEFORE_END_MS = 60_000;
/** For one that does not say how long it lives (RFC 6749 § 5.1 recommends that it does), in seconds. */
const DEFAULT_LIFE_SECONDS = 300;

interface Token {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Access tokens by the client credentials grant (RFC 6749 § 4.4), one for each client, as long as it lives. */
export class ClientTokens {
  private readonly tokens = new Map<string, Promise<Token>>();

  /** @param now milliseconds since the epoch */
  constructor(private readonly now: () => number) {}

  /**
   * @param secret of the client
   * @throws Error that says why there is none; no secret is in the message
   */
  async of(client: TokenClient, secret: () => Promise<string>): Promise<string> {
    const key = keyOf(client);
    const known = await this.tokens.get(key)?.catch(() => undefined);
    if (known !== undefined && known.until > this.now()) return known.value;
    return this.fresh(client, secret);
  }

  /** Asks for another one. @throws as {@link of} */
  async fresh(client: TokenClient, secret: () => Promise<string>): Promise<string> {
    const key = keyOf(client);
    const asking = secret().then((value) => ask(client, value, this.now()));
    this.tokens.set(key, asking);
    try {
      return (await asking).value;
    } catch (error) {
      if (this.tokens.get(key) === asking) this.tokens.delete(key);
      throw error;
    }
  }
}

function keyOf({ tokenUrl, clientId, scope }: TokenClient): string {
  return JSON.stringify([tokenUrl, clientId, scope]);
}

async function ask({ tokenUrl, clientId, scope }: TokenClient, secret: string, now: number): Promise<Token> {
  const client = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString('base64');
  const response = await fetch(tokenUrl, {
    method: 'POST',
    // RFC 6749 § 2.3.1: every token endpoint takes it so.
    headers: { authorization: `Basic ${client}`, accept: 'application/json' },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }),
    redirect: 'error',
    signal: AbortSignal.timeout(TOKEN_PATIENCE_MS),
  }).catch((error: Error) => {
    throw new Error(`${new URL(tokenUrl).origin} gave no answer (${error.name})`);
  });
  const answer = (await response.json().catch(() => ({}))) as { access_token?: unknown; expires_in?: unknown; error?: unknown };
  if (response.status !== 200 || typeof answer.access_token !== 'string' || answer.access_token === '') {
    const because = typeof answer.error === 'string' ? ` ${JSON.stringify(answer.error.slice(0, 40))}` : '';
    throw new Error(`${new URL(tokenUrl).origin} gave no token: ${response.status}${because}`);
  }
  const seconds = Number(answer.expires_in ?? DEFAULT_LIFE_SECONDS);
  return { value: answer.access_token, until: now + Math.max(seconds * 1_000 - BEFORE_END_MS, 0) };
}
