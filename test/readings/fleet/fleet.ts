import { join } from 'node:path';
import {
  FLEET_CONFIG_VARIABLE,
  type FleetConfig,
  type ServerConfig,
  SIDECAR_CONFIG_VARIABLE,
  SIDECAR_KEY_VARIABLE,
  type SidecarConfig,
} from '../../../core/fleet-config';
import { Ports } from '../../../local/processes/ports';
import { AUDIENCE, SIDECAR_KEY } from '../../suites/authority';
import { closeServer, listenOnLoopback } from '../../suites/loopback';
import { type Account, openAccount } from './account';
import { type Balancer, createBalancer } from './balancer';
import type { Programs } from './bundles';
import { type Program, startProgram } from './program';

/** A gateway, a sidecar for each server, and what they need, each started once for all cases. */
export interface Fleet {
  readonly account: Account;
  readonly balancer: Balancer;
  readonly gateway: Part;
  readonly sidecars: Readonly<Record<string, Part>>;
  stop(): Promise<void>;
}

/** A program of the fleet that can be started again. */
export interface Part {
  readonly url: string;
  readonly pid: number;
  readonly running: boolean;
  /** Kills it and starts it again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Where a server is: a URL on loopback, or a command. */
export type ServerPlace = { readonly url: string } | { readonly command: readonly string[] };

/** Slots of each sidecar: more than a run has open at a time, so that a full one is a finding. */
const SLOTS = 2_000;
/** What a lost answer may cost; small, for nothing here heals by waiting. */
const RECOVERY = { attempts: 2, seconds: 1 };

export async function startFleet(
  programs: Programs,
  places: Readonly<Record<string, ServerPlace>>,
  tools: ServerConfig['tools'],
  childEnvironment: Readonly<Record<string, string>>,
  scratch: string,
): Promise<Fleet> {
  const account = await openAccount();
  const balancer = createBalancer();
  const serversUrl = await listenOnLoopback(balancer.server);
  const ports = new Ports();
  const sidecars = Object.fromEntries(
    await Promise.all(
      Object.entries(places).map(async ([name, place]) => {
        const environment = { ...childEnvironment, ...sidecarEnvironment(name, place, Object.keys(childEnvironment)) };
        const port = await ports.take();
        balancer.route(name, port);
        return [name, await startPart(programs.sidecar, port, environment, join(scratch, `sidecar-${name}.log`))] as const;
      }),
    ),
  );
  const server: ServerConfig = { sidecarKeySecret: 'sidecar', recovery: RECOVERY, tools };
  const config: FleetConfig = {
    fleet: 'readings',
    serversUrl,
    identity: { issuer: account.issuer, audience: [AUDIENCE], audienceClaim: 'aud' },
    ledgerTable: 'ledger',
    directoryTable: 'directory',
    allowlistTable: 'allowlist',
    authorizerFunction: 'authorizer',
    sealKeySecret: 'seal',
    allowedOrigins: [],
    servers: Object.fromEntries(Object.keys(places).map((name) => [name, server])),
  };
  const environment = { ...account.environment, [FLEET_CONFIG_VARIABLE]: JSON.stringify(config) };
  const gateway = await startPart(programs.gateway, await ports.take(), environment, join(scratch, 'gateway.log'));
  return {
    account,
    balancer,
    gateway,
    sidecars,
    stop: async () => {
      await gateway.stop();
      await Promise.all(Object.values(sidecars).map((sidecar) => sidecar.stop()));
      await balancer.close();
      await closeServer(balancer.server);
      await account.stop();
    },
  };
}

function sidecarEnvironment(server: string, place: ServerPlace, named: string[]): Record<string, string> {
  const runtime =
    'url' in place ? ({ kind: 'http', url: place.url } as const) : ({ kind: 'stdio', command: place.command, environment: named } as const);
  const config: SidecarConfig = { fleet: 'readings', server, runtime, slots: SLOTS, drainSeconds: 1 };
  return { [SIDECAR_CONFIG_VARIABLE]: JSON.stringify(config), [SIDECAR_KEY_VARIABLE]: SIDECAR_KEY };
}

async function startPart(file: string, port: number, environment: Readonly<Record<string, string>>, log: string): Promise<Part> {
  let program: Program = await startProgram(file, port, environment, log);
  return {
    url: `http://127.0.0.1:${port}`,
    get pid() {
      return program.pid;
    },
    get running() {
      return !program.exited;
    },
    restart: async () => {
      await program.kill();
      program = await startProgram(file, port, environment, log);
    },
    stop: () => program.stop(),
  };
}
