import { createSecretKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import dynalite from 'dynalite';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { pino } from 'pino';
import { agentId } from '../../core/agent';
import type { AgentTerms } from '../../core/agent-terms';
import { TABLE_LIMITS } from '../../core/aws-limits';
import type { FleetConfig, ServerConfig } from '../../core/fleet-config';
import { type AllowlistEntry, type AuthorizeRequest, decide } from '../../core/policy';
import { sealEvent } from '../../core/sealed-event';
import { sealKey } from '../../core/sealed-session';
import { type Composition, composeGateway } from '../../gateway/compose';
import { PATIENCE, type Patience } from '../../gateway/http/patience';
import { createGatewayServer } from '../../gateway/http/server';
import type { DirectoryRow } from '../../gateway/ledger/directory';
import type { LedgerRow } from '../../ledger/row';
import { LeanSender } from '../../ledger/table/lean-sender';
import { tableOf } from '../../ledger/table/table-client';
import { withOperations } from '../../local/dynamodb/operations.cjs';
import { statements } from '../../local/dynamodb/statements.cjs';

export const AUDIENCE = 'https://mcp.test';

/** What stands behind the gateway: plays the load balancer and a sidecar, and answers as a test says. */
export type Upstream = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A JSON-RPC response and the status that it came on; a test reads the member that it expects. */
export interface RpcAnswer {
  readonly status: number;
  readonly id: unknown;
  readonly result: {
    readonly content: unknown;
    readonly tools: { name: string }[];
    readonly nextCursor?: string;
    readonly _meta: Record<string, { callId: string; replayed: boolean }>;
  };
  readonly error: { readonly code: number; readonly message: string; readonly data: Record<string, unknown> };
}

export interface Rig {
  readonly url: string;
  readonly gateway: Composition;
  readonly sidecarKey: KeyObject;
  /** Endpoint of the tables. */
  readonly tablesUrl: string;
  /** Requests that reached the upstream, as `METHOD path` and parsed body. */
  readonly reached: { line: string; headers: IncomingMessage['headers']; body: string }[];
  upstream: Upstream;
  /** Answers that the instance keeps, by call id; `running` for a call that still runs there. */
  readonly kept: Map<string, string>;
  /** What the instance says of its slots to who listens; nothing where it is undefined, as a sidecar that knows no such path. */
  slots?: string;
  /** Stickiness cookies that lead to an instance which keeps nothing. */
  readonly emptyPlaces: string[];
  /** What Secrets Manager has, by ARN. */
  readonly secrets: Record<string, string>;
  /** Rows of the allowlist that the authorizer decides on. */
  readonly allowlist: AllowlistEntry[];
  /** Milliseconds added to the clock. */
  skewMs: number;
  authorizerFails: boolean;
  token(subject: string, options?: { audience?: string; expiresIn?: number; issuer?: string }): Promise<string>;
  post(subject: string, server: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Posts and reads the JSON-RPC response, from a body or from the end of a stream. */
  ask(subject: string, server: string, body: unknown, headers?: Record<string, string>): Promise<RpcAnswer>;
  rows(): Promise<LedgerRow[]>;
  sessions(): Promise<DirectoryRow[]>;
  /** A second replica over the same tables and keys. */
  replica(): Promise<string>;
  stopLedger(): Promise<void>;
  /** While true, the tables' endpoint breaks every connection. */
  ledgerBreaks: boolean;
  stop(): Promise<void>;
}

/** A gateway over real tables, a real issuer of tokens and the real policy function, on loopback. */
export async function startRig(
  servers: Record<string, Partial<ServerConfig>>,
  patience: Partial<Patience> = {},
  settings: Partial<FleetConfig> = {},
): Promise<Rig> {
  const open: Server[] = [];
  const listen = async (server: Server): Promise<string> => {
    open.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }] };
  const issuer = await listen(
    createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(request.url === '/jwks' ? jwks : { issuer, jwks_uri: `${issuer}/jwks` }));
    }),
  );

  const rig = {
    reached: [],
    kept: new Map(),
    emptyPlaces: [],
    secrets: {},
    allowlist: [],
    skewMs: 0,
    authorizerFails: false,
    ledgerBreaks: false,
  } as unknown as {
    -readonly [K in keyof Rig]: Rig[K];
  };
  const dynaliteServer = withOperations(dynalite, statements)({ createTableMs: 0 }) as unknown as Server;
  const serveTables = dynaliteServer.listeners('request')[0] as RequestListener;
  dynaliteServer.removeAllListeners('request').on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (rig.ledgerBreaks) request.socket.destroy();
    else serveTables(request, response);
  });
  const endpoint = await listen(dynaliteServer);
  rig.tablesUrl = endpoint;
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const dynamodb = new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 });
  for (const [table, ...keys] of [
    ['ledger', 'pk'],
    ['directory', 'session'],
    ['allowlist', 'agent', 'entry'],
  ] as const) {
    await dynamodb.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: keys.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
        AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      }),
    );
  }

  rig.upstream = (_, response) => response.writeHead(500).end();

  const lambdaUrl = await listen(
    createServer(async (request, response) => {
      const { agent, server } = JSON.parse(await readAll(request)) as AuthorizeRequest;
      if (rig.authorizerFails) return response.writeHead(200, { 'x-amz-function-error': 'Unhandled' }).end('{}');
      const entries = rig.allowlist.filter((row) => row.agent === agentId(agent));
      response.end(JSON.stringify(decide(entries, server, now() / 1000)));
    }),
  );
  const serversUrl = await listen(
    createServer(async (request, response) => {
      const body = await readAll(request);
      const callId = /\/orphans\/(.+)$/.exec(request.url ?? '')?.[1];
      if (callId !== undefined) {
        const elsewhere = rig.emptyPlaces.some((cookie) => request.headers.cookie?.includes(`AWSALB=${cookie}`));
        return answerKept(response, elsewhere ? undefined : rig.kept.get(callId));
      }
      if (request.url?.endsWith('/slots')) return answerSlots(response, rig.slots);
      rig.reached.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      const id = idIn(body);
      if (id !== undefined) asked.set(response, id);
      rig.upstream(request, response, body);
    }),
  );

  const now = () => Date.now() + rig.skewMs;
  rig.sidecarKey = createSecretKey(Buffer.from('sidecar key'));
  const config = {
    fleet: 'test',
    serversUrl,
    identity: { issuer, audience: [AUDIENCE], audienceClaim: 'aud' as const },
    ledgerTable: 'ledger',
    directoryTable: 'directory',
    allowlistTable: 'allowlist',
    authorizerFunction: 'authorizer',
    sealKeySecret: '',
    allowedOrigins: ['https://console.test'],
    ...settings,
    servers: Object.fromEntries(Object.entries(servers).map(([name, server]) => [name, { tools: {}, ...server }])),
  };
  const surroundings = {
    config,
    table: tableOf(new LeanSender(dynamodb, TABLE_LIMITS)),
    lambda: new LambdaClient({ endpoint: lambdaUrl, region: 'eu-central-1', credentials, maxAttempts: 1 }),
    sealKeys: { all: [sealKey('seal')] as const },
    sidecarKeys: { of: () => [rig.sidecarKey] },
    readSecret: async (arn: string) => {
      const value = rig.secrets[arn];
      if (value === undefined) throw Object.assign(new Error('it is not there'), { name: 'ResourceNotFoundException' });
      return value;
    },
    // A stream is opened early only where a test asks for it: on a busy machine any answer would be one.
    patience: { ...PATIENCE, primeAfterMs: 60_000, ...patience },
    health: { fault: undefined },
    now,
    writeMetrics: () => undefined,
    log: pino({ enabled: false }),
  };
  const replicas: Composition[] = [];
  const createReplica = async (replica: string): Promise<Composition> => {
    const created = composeGateway({ ...surroundings, replica });
    created.lookout.start();
    await created.orders.start();
    replicas.push(created);
    return created;
  };

  rig.gateway = await createReplica('replica-1');
  rig.url = await listen(createGatewayServer(rig.gateway));
  rig.token = async (subject, { audience = AUDIENCE, expiresIn = 600, issuer: iss = issuer } = {}) =>
    new SignJWT({ scope: '' })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setIssuer(iss)
      .setSubject(subject)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + expiresIn)
      .sign(privateKey);
  rig.post = async (subject, server, body, headers = {}) =>
    fetch(`${rig.url}/${server}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await rig.token(subject)}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  rig.ask = async (...request) => {
    const response = await rig.post(...request);
    return { status: response.status, ...readRpc(await response.text()) };
  };
  const scan = async (table: string) => {
    const items: object[] = [];
    for await (const { Items = [] } of paginateScan({ client: dynamodb }, { TableName: table }))
      items.push(...Items.map((item) => unmarshall(item)));
    return items;
  };
  rig.rows = async () => (await scan('ledger')) as LedgerRow[];
  rig.sessions = async () => (await scan('directory')) as DirectoryRow[];
  rig.replica = async () => listen(createGatewayServer(await createReplica('replica-2')));
  const close = async (server: Server) => {
    server.close();
    server.closeAllConnections?.();
  };
  rig.stopLedger = async () => close(dynaliteServer);
  rig.stop = async () => {
    await Promise.all(replicas.map(({ openCallers }) => openCallers.settled()));
    for (const { lookout, orders } of replicas) {
      lookout.stop();
      orders.stop();
    }
    await Promise.all(open.map(close));
    await Promise.all(replicas.map(({ upstreams }) => upstreams.close()));
    dynamodb.destroy();
  };
  return rig;
}

/** Lets an agent use some tools of a server; who may use all of them may read and get all that it has, too. */
export async function grant(rig: Rig, subject: string, server: string, tools: string[], terms?: AgentTerms): Promise<void> {
  const all = tools.includes('*') ? { resources: ['*'], prompts: ['*'] } : {};
  await allow(rig, subject, server, { tools, ...all, ...(terms && { terms }) });
}

/** Writes a row of the allowlist; one that allows where it says nothing else. */
export async function allow(rig: Rig, subject: string, server: string, row: Partial<AllowlistEntry>): Promise<void> {
  const issuer = rig.gateway.config.identity.issuer;
  const agent = agentId({ issuer, subject });
  rig.allowlist.push({
    agent,
    entry: `${server}#allow#test`,
    server,
    effect: 'allow',
    tools: [],
    source: 'test',
    issuer,
    subject,
    ...row,
  });
}

/** Answers as a sidecar does for its server, under the id that the request came with. */
export function answer(response: ServerResponse, message: object, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', 'mcp-fleet-instance': 'task-1', ...headers });
  response.end(JSON.stringify({ ...message, ...(asked.has(response) && { id: asked.get(response) }) }));
}

/** Ids of the requests that responses answer: the gateway's, which no agent gave. */
const asked = new WeakMap<ServerResponse, unknown>();

/** The id that a response on a stream must carry. */
export function askedId(response: ServerResponse): unknown {
  return asked.get(response);
}

/** The id of an event that primes the stream of a call, as the gateway gave it to an agent. @param requestId as the agent gave it */
export async function callEventId(
  rig: Rig,
  subject: string,
  server: string,
  row: string,
  requestId: unknown,
  session?: string,
): Promise<string> {
  const agent = agentId({ issuer: rig.gateway.config.identity.issuer, subject });
  const event = { kind: 'call', row, requestId: JSON.stringify(requestId) } as const;
  return sealEvent(event, { agent, server, ...(session !== undefined && { session }) }, sealKey('seal')) as string;
}

function idIn(body: string): unknown {
  try {
    return (JSON.parse(body) as { readonly id?: unknown }).id;
  } catch {
    return undefined; // no body
  }
}

function answerKept(response: ServerResponse, kept: string | undefined): void {
  const head = { 'mcp-fleet-instance': 'task-1' };
  if (kept === undefined) response.writeHead(404, { ...head, 'mcp-fleet-reason': 'unknown_call' }).end('{}');
  else if (kept === 'running') response.writeHead(202, head).end();
  else if (kept === 'cut') response.writeHead(200, { ...head, 'content-length': '100' }).write('{"json', () => response.destroy());
  else response.writeHead(200, { ...head, 'content-type': 'application/json' }).end(kept);
}

function answerSlots(response: ServerResponse, slots: string | undefined): void {
  const head = { 'mcp-fleet-instance': 'task-1' };
  if (slots === undefined) response.writeHead(404, { ...head, 'mcp-fleet-reason': 'not_taken' }).end('{}');
  else response.writeHead(200, { ...head, 'mcp-fleet-slots': slots, 'set-cookie': 'AWSALB=task-1' }).write(`${slots}\n`);
}

/** A promise and what resolves it. */
export function deferred(): [Promise<void>, () => void] {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return [promise, resolve];
}

/** The response in a JSON body or in the last event of a stream. */
export function readRpc(text: string): Omit<RpcAnswer, 'status'> {
  const data = text.startsWith('{') ? text : text.trim().split('\ndata: ').at(-1);
  return JSON.parse(data ?? '');
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
