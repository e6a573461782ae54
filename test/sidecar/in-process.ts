import type { CallContext, HttpRuntimeConfig, SidecarConfig, StdioRuntimeConfig } from '../../core/fleet-config';
import { signContext } from '../../core/signed-context';
import { Child } from '../../sidecar/child';
import { LIMITS, type Limits } from '../../sidecar/limits';
import { openLog } from '../../sidecar/log';
import { Sidecar } from '../../sidecar/sidecar';
import { ManualClock } from './manual-clock';
import { initialize, KEY, postInit } from './started';

type Logged = { readonly event: string; readonly [fact: string]: unknown };

/** A sidecar within the test, whose time the test moves. */
export interface InProcess {
  readonly sidecar: Sidecar;
  readonly clock: ManualClock;
  readonly url: string;
  /** What it has logged under a name. */
  happened(event: string): Logged[];
  /** A request as a gateway makes it. */
  send(init: RequestInit, headers?: Record<string, string>, context?: Partial<CallContext>): Promise<Response>;
  /** Headers of a new session. */
  openSession(): Promise<Record<string, string>>;
  /** The context of a request at this moment, as its header has it. */
  context(context?: Partial<CallContext>): string;
  stop(): Promise<void>;
}

export async function startInProcess(
  runtime: HttpRuntimeConfig | StdioRuntimeConfig,
  given: Partial<SidecarConfig> = {},
  limits: Partial<Limits> = {},
): Promise<InProcess> {
  const clock = new ManualClock();
  const logged: Logged[] = [];
  const log = openLog({}, { write: (line) => void logged.push(JSON.parse(line)) });
  const config = { fleet: 'acme', server: 'tools', runtime, slots: 10, drainSeconds: 5, ...given };
  const sidecar = new Sidecar(
    { config, keys: [KEY], host: '127.0.0.1', port: 0, childEnvironment: { PATH: process.env.PATH ?? '' } },
    { instance: 'task-1', clock, limits: { ...LIMITS, ...limits }, log, print: () => undefined },
  );
  const url = `http://127.0.0.1:${await sidecar.start()}/tools/mcp`;
  const context: InProcess['context'] = (given = {}) =>
    signContext({ agent: 'agent-a', server: 'tools', ...given }, KEY, clock.now() / 1000);
  const send: InProcess['send'] = (init, headers = {}, given = {}) =>
    fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers, 'mcp-fleet-context': context(given) } });
  return {
    sidecar,
    clock,
    url,
    send,
    context,
    happened: (event) => logged.filter((line) => line.event === event),
    openSession: async () => {
      const response = await send(postInit(initialize));
      await response.text();
      return { 'mcp-session-id': response.headers.get('mcp-session-id') as string };
    },
    stop: async () => {
      sidecar.sessions.endAll('drained');
      await sidecar.close();
      Child.killAll();
    },
  };
}
