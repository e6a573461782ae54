import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Replacement } from '../suites/bundling';
import { closeServer, listenOnLoopback } from '../suites/loopback';
import { bundlePrograms, type Programs } from './fleet/bundles';
import { type Fleet, type ServerPlace, startFleet } from './fleet/fleet';
import type { Script } from './generator/script';
import { CONTROL_VARIABLE, controlServer } from './servers/control';
import { expressServer } from './servers/express';
import { Journal } from './servers/journal';
import { sdkV1Server } from './servers/sdk-v1';
import { sdkV2Server } from './servers/sdk-v2';
import { TOOL_CONFIG } from './servers/tools';
import { worstServer } from './servers/worst';

/** All that a case needs: servers, a fleet before them, and what both tell the suite beside the protocol. */
export interface Bench {
  readonly fleet: Fleet;
  readonly programs: Programs;
  readonly journal: Journal;
  /** How a server is to answer the calls of a mark. */
  readonly scripts: Map<string, Script>;
  /** Origins of the servers that listen on HTTP, by name. */
  readonly origins: Readonly<Record<string, string>>;
  /** Environment of a stdio server that is called directly. */
  readonly childEnvironment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** @param broken a module that is put into gateway and sidecar */
export async function openBench(scratch: string, broken?: Replacement): Promise<Bench> {
  const programs = await bundlePrograms(join(scratch, 'programs'), broken);
  const journal = new Journal();
  const scripts = new Map<string, Script>();
  const servers: Record<string, Server> = {
    'sdk-v1': sdkV1Server(journal),
    'sdk-v2': sdkV2Server(journal),
    express: expressServer(journal),
    worst: worstServer(journal, scripts),
  };
  const control = controlServer(journal, scripts);
  const childEnvironment = { [CONTROL_VARIABLE]: await listenOnLoopback(control) };
  const origins = Object.fromEntries(
    await Promise.all(Object.entries(servers).map(async ([name, server]) => [name, await listenOnLoopback(server)] as const)),
  );
  const places: Record<string, ServerPlace> = {
    ...Object.fromEntries(Object.entries(origins).map(([name, origin]) => [name, { url: `${origin}/mcp` }])),
    'stdio-sdk': { command: [process.execPath, programs.stdioSdk] },
    'stdio-worst': { command: [process.execPath, programs.stdioWorst] },
  };
  const fleet = await startFleet(programs, places, TOOL_CONFIG, childEnvironment, scratch);
  return {
    fleet,
    programs,
    journal,
    scripts,
    origins,
    childEnvironment,
    stop: async () => {
      await fleet.stop();
      await Promise.all([...Object.values(servers), control].map(closeServer));
    },
  };
}
