import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Agent, agentId } from '../../core/agent';
import { type AuthorizeRequest, decide } from '../../core/policy';
import type { Sightings, SightingsRequest } from '../../core/sightings';
import { awsEnvironment } from '../../local/processes/credentials';
import { closeServer, listenOnLoopback } from './loopback';

export const REGION = 'eu-central-1';
export const AUDIENCE = 'https://mcp.test';
export const SIDECAR_KEY = 'a-sidecar-key-of-at-least-32-bytes-length';
const SEAL_KEY = 'a-seal-key-of-at-least-32-bytes-in-length';
/** Secrets by the name that the gateway is given; all else is one it does not have. */
const SECRETS: Readonly<Record<string, string>> = { seal: SEAL_KEY, sidecar: SIDECAR_KEY };

/** What a gateway that runs alone needs of AWS beside its tables, and of the issuer of its agents' tokens, on loopback. */
export interface Authority {
  readonly issuer: string;
  /** The environment of a program that talks to it. @param tables endpoint of DynamoDB */
  environment(tables: string): Readonly<Record<string, string>>;
  /** Lets a subject use these tools of every server, and read all that it has. */
  grant(subject: string, tools: readonly string[]): void;
  token(subject: string): Promise<string>;
  stop(): Promise<void>;
}

/** @param algorithm that tokens are signed by */
export async function openAuthority(algorithm: 'RS256' | 'ES256'): Promise<Authority> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: algorithm, use: 'sig' }] };
  const identity = createServer((request, response) =>
    answer(response, request.url === '/jwks' ? jwks : { issuer, jwks_uri: `${issuer}/jwks` }),
  );
  const issuer = await listenOnLoopback(identity);
  const granted = new Map<string, readonly string[]>();
  const aws = createServer((request, response) => void serveAws(request, response, granted));
  const awsUrl = await listenOnLoopback(aws);
  return {
    issuer,
    environment: (tables) => awsEnvironment({ dynamodb: tables, aws: awsUrl }, REGION),
    grant: (subject, tools) => void granted.set(agentId({ issuer, subject }), tools),
    token: (subject) =>
      new SignJWT({ scope: '' })
        .setProtectedHeader({ alg: algorithm, kid: 'k1' })
        .setIssuer(issuer)
        .setSubject(subject)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime('2h')
        .sign(privateKey),
    stop: async () => {
      await Promise.all([closeServer(identity), closeServer(aws)]);
    },
  };
}

/** The authorizer, which decides by the real policy function, and Secrets Manager. */
async function serveAws(
  request: IncomingMessage,
  response: ServerResponse,
  granted: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const text = await textOf(request);
  if (request.url?.startsWith('/2015-03-31/functions/')) return answer(response, said(JSON.parse(text), granted));
  const body = JSON.parse(text) as { readonly SecretId: string; readonly VersionStage?: string };
  const secret = SECRETS[body.SecretId];
  if (secret !== undefined && body.VersionStage !== 'AWSPREVIOUS') return answer(response, { SecretString: secret });
  response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify({ __type: 'ResourceNotFoundException', message: 'there is no such secret' }));
}

/** Of its replicas nothing need be seen: the only one reaches all there is. */
function said(request: AuthorizeRequest | SightingsRequest, granted: ReadonlyMap<string, readonly string[]>): object {
  return request.kind === 'mcp-fleet.sightings' ? NOTHING_SEEN : decision(request, granted);
}

const NOTHING_SEEN: Sightings = { tables: 0, authorizer: 0 };

function decision({ agent, server }: AuthorizeRequest, granted: ReadonlyMap<string, readonly string[]>): object {
  const id = agentId(agent as Agent);
  const tools = granted.get(id);
  const entry = { agent: id, entry: `${server}#allow#suite`, server, effect: 'allow', source: 'suite', ...agent } as const;
  return decide(tools === undefined ? [] : [{ ...entry, tools, resources: ['*'], prompts: ['*'] }], server, Date.now() / 1000);
}

function answer(response: ServerResponse, body: object): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
