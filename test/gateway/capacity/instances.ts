import { createSecretKey, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AgentTerms } from '../../../core/agent-terms';
import type { FleetConfig, ServerConfig } from '../../../core/fleet-config';
import { systemClock } from '../../../sidecar/clock';
import { LIMITS } from '../../../sidecar/limits';
import { openLog } from '../../../sidecar/log';
import { Sidecar } from '../../../sidecar/sidecar';
import { Balancer } from '../../local/fixtures/load-balancer';
import { grant, type Rig, startRig } from '../rig';

const KEY = createSecretKey(Buffer.from('sidecar key'));
const STICKY = {
  'stickiness.enabled': 'true',
  'stickiness.lb_cookie.duration_seconds': '604800',
  'deregistration_delay.timeout_seconds': '1',
};

/** Two gateways before the real load balancer and real sidecars of one server, whose slow calls end when a test says so. */
export interface SmallFleet {
  readonly rig: Rig;
  /** Base URLs of the gateways. */
  readonly gateways: readonly [string, string];
  readonly sidecars: readonly Sidecar[];
  readonly balancer: Balancer;
  /** Calls that run. */
  running(): number;
  /** Answers the oldest of them. */
  answerOne(): void;
  /** Sessions that the server has been asked for. */
  asked(): number;
  /** Slots in use, by instance. */
  inUse(): number[];
  /** Opens a session. */
  open(gateway: string, subject?: string, more?: { signal?: AbortSignal; headers?: Record<string, string> }): Promise<Response>;
  close(gateway: string, id: string, subject?: string): Promise<void>;
  /** Another instance, healthy. */
  grow(): Promise<void>;
  stop(): Promise<void>;
}

/** @param shape instances and slots of each; @param terms of the agents a, b and c, where they have any */
export async function startSmallFleet(
  { instances, slots }: { instances: number; slots: number },
  config: Partial<ServerConfig> = {},
  settings: Partial<FleetConfig> = {},
  terms: Readonly<Record<string, AgentTerms>> = {},
): Promise<SmallFleet> {
  const running: (() => void)[] = [];
  let asked = 0;
  const server = await startServer(running, () => asked++);
  const balancer = await Balancer.start(STICKY, { HealthCheckIntervalSeconds: 5, HealthyThresholdCount: 2 });
  const sidecars: Sidecar[] = [];
  const grow = async (): Promise<void> => void sidecars.push(await startInstance(`task-${sidecars.length}`, slots, server, balancer));
  for (let i = 0; i < instances; i++) await grow();
  const serversUrl = `http://127.0.0.1:${balancer.listener.port}`;
  const tools = { pay: { effect: 'state_changing', key: 'fenced' }, look: { effect: 'read_only', key: 'fenced' } } as const;
  const rig = await startRig({ app: { tools, ...config } }, {}, { serversUrl, ...settings });
  for (const subject of ['a', 'b', 'c']) await grant(rig, subject, 'app', ['*'], terms[subject]);
  const gateways = [rig.url, await rig.replica()] as const;
  return {
    rig,
    gateways,
    sidecars,
    balancer,
    running: () => running.length,
    answerOne: () => running.shift()?.(),
    asked: () => asked,
    inUse: () => sidecars.map((sidecar) => sidecar.slots.inUse),
    open: async (gateway, subject = 'a', { headers, ...more } = {}) =>
      fetch(`${gateway}/app/mcp`, {
        method: 'POST',
        headers: { ...(await headersOf(rig, subject)), 'content-type': 'application/json', ...headers },
        body: JSON.stringify(INITIALIZE),
        ...more,
      }),
    close: async (gateway, id, subject = 'a') => {
      const response = await fetch(`${gateway}/app/mcp`, {
        method: 'DELETE',
        headers: { ...(await headersOf(rig, subject)), 'mcp-session-id': id },
      });
      await response.text();
    },
    grow,
    stop: async () => {
      await rig.stop();
      for (const sidecar of sidecars) await sidecar.close();
      await balancer.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

export async function headersOf(rig: Rig, subject: string): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await rig.token(subject)}`, accept: 'application/json, text/event-stream' };
}

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

/** An MCP server of both eras that holds its calls open. */
async function startServer(running: (() => void)[], onInitialize: () => void): Promise<Server> {
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    const { id, method } = (text === '' ? {} : JSON.parse(text)) as { id?: unknown; method?: string };
    if (method === 'tools/call') running.push(() => answer(response, id, { content: [], resultType: 'complete' }));
    else if (method === 'initialize') {
      onInitialize();
      const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'app', version: '1' } };
      answer(response, id, result, { 'mcp-session-id': randomUUID() });
    } else if (id === undefined) response.writeHead(202).end();
    else if (method === 'tools/list')
      answer(response, id, { tools: [{ name: 'pay', inputSchema: { type: 'object' } }], resultType: 'complete' });
    else answer(response, id, { resultType: 'complete' });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function answer(response: ServerResponse, id: unknown, result: object, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

async function startInstance(instance: string, slots: number, server: Server, balancer: Balancer): Promise<Sidecar> {
  const { port } = server.address() as AddressInfo;
  const runtime = { kind: 'http', url: `http://127.0.0.1:${port}/mcp` } as const;
  const sidecar = new Sidecar(
    {
      config: { fleet: 'test', server: 'app', runtime, slots, drainSeconds: 5 },
      keys: [KEY],
      host: '127.0.0.1',
      port: 0,
      childEnvironment: {},
    },
    { instance, clock: systemClock, limits: LIMITS, log: openLog({}, { write: () => undefined }), print: () => undefined },
  );
  const own = await sidecar.start();
  const health = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(health, 'listening');
  health.unref();
  const { port: healthPort } = health.address() as AddressInfo;
  await new Promise<void>((done) => balancer.group.register(instance, own, healthPort, (state) => state === 'healthy' && done()));
  return sidecar;
}
