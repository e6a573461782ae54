import { createSecretKey } from 'node:crypto';
import { join } from 'node:path';
import { agentId } from '../../../core/agent';
import {
  FLEET_CONFIG_VARIABLE,
  type FleetConfig,
  SIDECAR_CONFIG_VARIABLE,
  SIDECAR_KEY_VARIABLE,
  type SidecarConfig,
} from '../../../core/fleet-config';
import { CONTEXT_HEADER } from '../../../core/headers';
import { signContext } from '../../../core/signed-context';
import { AUDIENCE, SIDECAR_KEY } from '../../suites/authority';
import { PATH, READ_TOOL, SERVER, serverOf, WRITE_TOOL } from '../calls';
import { type Crowd, MOST_SERVERS } from '../crowd';
import { type Served, serve } from '../process';
import type { Surroundings, Target } from './target';

/** Targets of this project: the programs that images get, with what they need in their environment. */

const SLOTS = 20_000;

/** The sidecar, called as a gateway calls it. */
export async function startSidecar(surroundings: Surroundings): Promise<Target> {
  const served = await serveSidecar(surroundings);
  const { issuer } = surroundings.authority;
  const key = createSecretKey(Buffer.from(SIDECAR_KEY));
  const headers = async (agent: number) => {
    const context = { agent: agentId({ issuer, subject: subjectOf(agent) }), server: SERVER };
    return { [CONTEXT_HEADER]: signContext(context, key, Date.now() / 1000) };
  };
  return { port: served.port, own: [served], headers, stop: served.stop };
}

/** The gateway; the server stands for the servers' balancer. */
export async function startGateway(surroundings: Surroundings): Promise<Target> {
  const served = await serveGateway(surroundings, surroundings.upstream);
  return behindGateway(surroundings, [served]);
}

export async function startGatewayAndSidecar(surroundings: Surroundings): Promise<Target> {
  const beside = await serveSidecar(surroundings);
  const served = await serveGateway(surroundings, beside.port);
  return behindGateway(surroundings, [served, beside]);
}

/** Agents keep their tokens, as agents do. */
function behindGateway({ authority }: Surroundings, own: readonly Served[]): Target {
  const tokens = new Map<string, Promise<string>>();
  const headers = async (agent: number, { tools }: Crowd) => {
    const subject = `${subjectOf(agent)}-of-${tools}-tools`;
    const token = tokens.get(subject) ?? authority.token(subject);
    tokens.set(subject, token);
    authority.grant(subject, toolsOf(tools));
    return { authorization: `Bearer ${await token}` };
  };
  const stop = async () => {
    for (const served of own) await served.stop();
  };
  return { port: (own[0] as Served).port, own, headers, stop };
}

/** Those of the load come last. */
function toolsOf(count: number): readonly string[] {
  const own = [READ_TOOL, WRITE_TOOL];
  return [...Array.from({ length: count - own.length }, (_, number) => `tool-${number}`), ...own];
}

function subjectOf(agent: number): string {
  return `agent-${agent}`;
}

async function serveSidecar({ scratch, ports, node, nodeFlags = [], dist, upstream }: Surroundings): Promise<Served> {
  const port = await ports.take();
  const runtime = { kind: 'http', url: `http://127.0.0.1:${upstream}${PATH}` } as const;
  const config: SidecarConfig = { fleet: 'bench', server: SERVER, runtime, slots: SLOTS, drainSeconds: 1 };
  return serve({
    name: 'sidecar',
    command: [node, ...nodeFlags, join(dist, 'sidecar/index.js')],
    port,
    env: { [SIDECAR_CONFIG_VARIABLE]: JSON.stringify(config), [SIDECAR_KEY_VARIABLE]: SIDECAR_KEY },
    log: join(scratch, `sidecar-${port}.log`),
  });
}

const SERVER_CONFIG: FleetConfig['servers'][string] = {
  sidecarKeySecret: 'sidecar',
  tools: { [READ_TOOL]: { effect: 'read_only', key: 'fenced' }, [WRITE_TOOL]: { effect: 'state_changing', key: 'fenced' } },
};

/** @param balancer port at which its servers are found */
async function serveGateway(
  { scratch, ports, node, nodeFlags = [], dist, authority, tables, servers = MOST_SERVERS }: Surroundings,
  balancer: number,
): Promise<Served> {
  const port = await ports.take();
  const config: FleetConfig = {
    fleet: 'bench',
    serversUrl: `http://127.0.0.1:${balancer}`,
    identity: { issuer: authority.issuer, audience: [AUDIENCE], audienceClaim: 'aud' },
    ledgerTable: 'ledger',
    directoryTable: 'directory',
    allowlistTable: 'allowlist',
    authorizerFunction: 'authorizer',
    sealKeySecret: 'seal',
    allowedOrigins: [],
    servers: Object.fromEntries(Array.from({ length: servers }, (_, number) => [serverOf(number), SERVER_CONFIG])),
  };
  return serve({
    name: 'gateway',
    command: [node, ...nodeFlags, join(dist, 'gateway/index.js')],
    port,
    env: { ...authority.environment(`http://127.0.0.1:${tables}`), [FLEET_CONFIG_VARIABLE]: JSON.stringify(config) },
    log: join(scratch, `gateway-${port}.log`),
  });
}
