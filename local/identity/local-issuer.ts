import { createHash, createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCompanion } from '../processes/companion';

export interface IssuerOptions {
  /** Subjects of the agents of every fleet that trusts it. */
  readonly subjects: readonly string[];
  /** The issuer that the fleet would trust in AWS. Tokens take the shape of Cognito's when it is a user pool. */
  readonly issuer: string;
  /** Folder where key and port persist, so that agents keep their identity over runs. */
  readonly folder?: string;
}

/** An OIDC issuer on loopback that knows the agents of a fleet as clients. */
export interface LocalIssuer {
  readonly url: string;
  /** Knows these subjects, too. */
  know(subjects: readonly string[]): void;
  /** The client by which an agent asks for tokens itself. Rejects for a subject that it does not know. */
  client(subject: string): IssuerClient;
  /** What a subject has got so far is not believed any more: the name of the key that has signed it is withdrawn. Rejects for one that it does not know. */
  expire(subject: string): void;
  /** A new access token from the token endpoint (client credentials grant, RFC 6749 §4.4; resource indicator, RFC 8707). */
  token(subject: string, audience: string, ttlSeconds: number): Promise<string>;
  stop(): Promise<void>;
}

/** What an agent asks for tokens with (client credentials grant, RFC 6749 §4.4; `client_secret_basic`). */
export interface IssuerClient {
  readonly id: string;
  readonly secret: string;
}

interface Client extends IssuerClient {
  readonly subject: string;
  /** Name of the key for its tokens. */
  readonly kid: string;
}

interface IssuerState {
  readonly port?: number;
  readonly jwks: { readonly keys: readonly [SigningKey, ...SigningKey[]] };
  /** How often the tokens of a subject were expired. */
  readonly expired?: Readonly<Record<string, number>>;
}

interface SigningKey {
  readonly kid: string;
  readonly [member: string]: unknown;
}

const STATE_FILE = 'identity.json';

export async function startIssuer({ subjects, issuer, folder }: IssuerOptions): Promise<LocalIssuer> {
  let state: IssuerState = readState(folder) ?? { jwks: { keys: [signingKey()] } };
  const keep = (): void => {
    if (folder) writeFileSync(join(folder, STATE_FILE), JSON.stringify(state), { mode: 0o600 });
  };
  const clients = new Map<string, Client>();
  const add = (subject: string): void => {
    if (clients.has(subject)) return;
    clients.set(subject, { id: clientId(subject), secret: randomBytes(24).toString('base64url'), subject, kid: kidOf(subject, state) });
  };
  subjects.forEach(add);
  const companion = await startCompanion('identity.mjs', {
    port: state.port,
    jwks: state.jwks,
    clients: [...clients.values()],
    cognito: /^https:\/\/cognito-idp\./.test(issuer),
  });
  state = { ...state, port: companion.port };
  keep();
  const url = `http://127.0.0.1:${companion.port}`;
  const clientOf = (subject: string): Client => {
    const client = clients.get(subject);
    if (!client) throw new Error(`The local issuer has no client for the subject "${subject}".`);
    return client;
  };
  return {
    url,
    know: (more) => {
      if (more.every((subject) => clients.has(subject))) return;
      more.forEach(add);
      companion.tell({ clients: [...clients.values()] });
    },
    expire: (subject) => {
      const client = clientOf(subject);
      state = { ...state, expired: { ...state.expired, [subject]: (state.expired?.[subject] ?? 0) + 1 } };
      keep();
      clients.set(subject, { ...client, kid: kidOf(subject, state) });
      companion.tell({ clients: [...clients.values()] });
    },
    client: (subject) => {
      const { id, secret } = clientOf(subject);
      return { id, secret };
    },
    token: async (subject, audience, ttlSeconds) => requestToken(url, clientOf(subject), audience, ttlSeconds),
    stop: companion.stop,
  };
}

async function requestToken(url: string, client: Client, audience: string, ttlSeconds: number): Promise<string> {
  const answer = await fetch(`${url}/token`, {
    method: 'POST',
    headers: { 'x-token-ttl': String(ttlSeconds), authorization: basicOf(client) },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'mcp',
      resource: resourceOf(audience),
    }),
  });
  const body = (await answer.json()) as { access_token?: string; error?: string; error_description?: string };
  if (!body.access_token) throw new Error(`The local issuer gave no token: ${answer.status} ${body.error}: ${body.error_description}`);
  return body.access_token;
}

/** RFC 6749 §2.3.1: both parts form-encoded. */
function basicOf({ id, secret }: Client): string {
  const encoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
  return `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')}`;
}

/** A client id holds visible ASCII only (RFC 6749 appendix A.1); a subject may hold anything. */
function clientId(subject: string): string {
  return /^[\x21-\x7e]+$/.test(subject) ? subject : Buffer.from(subject).toString('base64url');
}

/** An audience may be any string; a resource indicator is an absolute URI without a fragment. */
function resourceOf(audience: string): string {
  return URL.canParse(audience) && !audience.includes('#') ? audience : `urn:audience:${encodeURIComponent(audience)}`;
}

/** A name that no other subject has for the key, and the subject none of its own had before. */
function kidOf(subject: string, { jwks, expired }: IssuerState): string {
  const text = JSON.stringify([jwks.keys[0].kid, subject, expired?.[subject] ?? 0]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function signingKey(): SigningKey {
  // By way of its text: Node 20 may lock up for good where a collection of garbage falls into the export of the very key that was made
  // (the job that made it holds the key's own lock).
  const { privateKey: text } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const privateKey = createPrivateKey(text);
  return { ...privateKey.export({ format: 'jwk' }), kid: randomBytes(8).toString('hex'), use: 'sig', alg: 'RS256' };
}

function readState(folder: string | undefined): IssuerState | undefined {
  const path = folder && join(folder, STATE_FILE);
  return path && existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as IssuerState) : undefined;
}
