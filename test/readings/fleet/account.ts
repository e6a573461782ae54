import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Agent, agentId } from '../../../core/agent';
import { type AuthorizeRequest, decide } from '../../../core/policy';
import type { Sightings, SightingsRequest } from '../../../core/sightings';
import type { LedgerRow } from '../../../ledger/row';
import { startDynamoDb } from '../../../local/dynamodb/embedded-dynamodb';
import { awsEnvironment, LOCAL_CREDENTIALS } from '../../../local/processes/credentials';
import { closeServer, listenOnLoopback } from '../../suites/loopback';

const REGION = 'eu-central-1';
export const AUDIENCE = 'https://mcp.test';
export const SIDECAR_KEY = 'a-sidecar-key-of-at-least-32-bytes-length';
const SEAL_KEY = 'a-seal-key-of-at-least-32-bytes-in-length';
/** Secrets by the name that the gateway is given; all else is one it does not have. */
const SECRETS: Readonly<Record<string, string>> = { seal: SEAL_KEY, sidecar: SIDECAR_KEY };
/** The suite's own index: all rows of one agent, and so of one case. */
const BY_AGENT = 'by-agent';

/** What a fleet needs of AWS and of its issuer, on loopback. */
export interface Account {
  readonly issuer: string;
  /** The environment of a program that talks to this account. */
  readonly environment: Readonly<Record<string, string>>;
  /** Lets a subject use these tools of every server. */
  grant(subject: string, tools: readonly string[]): void;
  token(subject: string): Promise<string>;
  /** The ledger's rows of one subject. */
  rows(subject: string): Promise<LedgerRow[]>;
  stop(): Promise<void>;
}

export async function openAccount(): Promise<Account> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] };
  const identity = createServer((request, response) =>
    answer(response, request.url === '/jwks' ? jwks : { issuer, jwks_uri: `${issuer}/jwks` }),
  );
  const issuer = await listenOnLoopback(identity);
  const granted = new Map<string, readonly string[]>();
  const aws = createServer((request, response) => void serveAws(request, response, granted));
  const awsUrl = await listenOnLoopback(aws);
  const tables = await startDynamoDb(undefined, REGION);
  const dynamodb = new DynamoDBClient({ endpoint: tables.url, region: REGION, credentials: LOCAL_CREDENTIALS });
  await tables.createTable({
    TableName: 'ledger',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: ['pk', 'agent'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    GlobalSecondaryIndexes: [
      { IndexName: BY_AGENT, KeySchema: [{ AttributeName: 'agent', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
    ],
  });
  await tables.createTable({
    TableName: 'directory',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'session', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'session', AttributeType: 'S' }],
  });
  const idOf = (subject: string) => agentId({ issuer, subject });
  return {
    issuer,
    environment: awsEnvironment({ dynamodb: tables.url, aws: awsUrl }, REGION),
    grant: (subject, tools) => void granted.set(idOf(subject), tools),
    token: (subject) =>
      new SignJWT({ scope: '' })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .setIssuer(issuer)
        .setSubject(subject)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime('2h')
        .sign(privateKey),
    rows: async (subject) => {
      const query = {
        TableName: 'ledger',
        IndexName: BY_AGENT,
        KeyConditionExpression: '#agent = :agent',
        ExpressionAttributeNames: { '#agent': 'agent' },
        ExpressionAttributeValues: marshall({ ':agent': idOf(subject) }),
      };
      const rows: LedgerRow[] = [];
      for await (const { Items = [] } of paginateQuery({ client: dynamodb }, query))
        rows.push(...Items.map((item) => unmarshall(item) as LedgerRow));
      return rows;
    },
    stop: async () => {
      dynamodb.destroy();
      await Promise.all([closeServer(identity), closeServer(aws), tables.stop()]);
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
  return decide(tools === undefined ? [] : [{ ...entry, tools }], server, Date.now() / 1000);
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
