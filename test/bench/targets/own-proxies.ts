import { join } from 'node:path';
import { alone } from './alone';
import type { Surroundings, Target } from './target';

/** Proxies that the bench itself brings: the least that each does what it is compared for. */

export async function startDirect({ upstream }: Surroundings): Promise<Target> {
  return { port: upstream, own: [], headers: async () => ({}), stop: async () => undefined };
}

export function startNodePipe(surroundings: Surroundings): Promise<Target> {
  return startProgram('node-pipe', surroundings);
}

export function startSdkProxy(surroundings: Surroundings): Promise<Target> {
  return startProgram('sdk-proxy', surroundings);
}

export function startGatewayLike(surroundings: Surroundings): Promise<Target> {
  return startProgram('gateway-like', surroundings, { AUDIT: join(surroundings.scratch, 'gateway-like.audit') });
}

function startProgram(name: string, surroundings: Surroundings, more: Readonly<Record<string, string>> = {}): Promise<Target> {
  const { programs, node, nodeFlags = [], upstream } = surroundings;
  const env = { UPSTREAM: `http://127.0.0.1:${upstream}`, ...more };
  return alone(surroundings, { name, command: [node, ...nodeFlags, join(programs, `${name}.js`)], env });
}
