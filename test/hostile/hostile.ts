import { join } from 'node:path';
import { bundlePrograms } from '../readings/fleet/bundles';
import { type Fleet, startFleet } from '../readings/fleet/fleet';
import type { SharedOptions } from '../suites/command-line';
import { closeServer, listenOnLoopback } from '../suites/loopback';
import type { Stage, Verdict } from '../suites/suite';
import { type HostileInput, IDLE, INPUTS } from './inputs';
import { forgetPeak, type Pulse, peakMib, watchHealth } from './replica';
import { hostileServer, TOOLS } from './server';

/** What a replica, and a sidecar, must stay within, in MiB. */
const MEMORY_LIMIT_MIB = 1024;

/** How a fleet is spoken to; each gives a word for what came of it. */
export interface Endpoint {
  post(text: string, agent?: string): Promise<string>;
  /** Asks what became of a call. */
  ask(key: string): Promise<string>;
}

interface Played extends Pulse {
  readonly input: string;
  readonly ms: number;
  readonly gatewayMib: number;
  readonly sidecarMib: number;
  /** How often each thing came of it. */
  readonly came: Readonly<Record<string, number>>;
}

/** Plays every input against one gateway process and one sidecar process, and looks at their memory and at their health meanwhile. */
export async function runHostile(_options: SharedOptions, { scratch, signal, say }: Stage): Promise<Verdict> {
  const programs = await bundlePrograms(join(scratch, 'programs'));
  const server = hostileServer();
  const url = `${await listenOnLoopback(server)}/mcp`;
  const fleet = await startFleet(programs, { hostile: { url } }, {}, {}, scratch);
  try {
    const endpoint = endpointOf(fleet);
    const played: Played[] = [];
    for (const input of [IDLE, ...INPUTS]) {
      if (signal.aborted) break;
      played.push(await play(input, endpoint, fleet));
      say(lineOf(played.at(-1) as Played));
    }
    const healed = await play(IDLE, endpoint, fleet);
    return verdictOf(played, healed);
  } finally {
    await fleet.stop();
    await closeServer(server);
  }
}

async function play(input: HostileInput, endpoint: Endpoint, { gateway, sidecars }: Fleet): Promise<Played> {
  const sidecar = sidecars.hostile as NonNullable<typeof sidecars.hostile>;
  for (const { pid } of [gateway, sidecar]) forgetPeak(pid);
  const stop = watchHealth(gateway.url);
  const beganAt = performance.now();
  const words = await input.play(endpoint);
  const ms = Math.round(performance.now() - beganAt);
  const pulse = await stop();
  const came: Record<string, number> = {};
  for (const word of words) came[word] = (came[word] ?? 0) + 1;
  return { input: input.name, ms, ...pulse, gatewayMib: peakMib(gateway.pid), sidecarMib: peakMib(sidecar.pid), came };
}

function endpointOf({ account, gateway }: Fleet): Endpoint {
  const agents = ['agent-0', 'agent-1', 'agent-2'];
  for (const agent of agents) account.grant(agent, ['*', ...TOOLS]);
  const speak = async (path: string, agent: string, init: RequestInit): Promise<string> => {
    const headers = {
      authorization: `Bearer ${await account.token(agent)}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const response = await fetch(`${gateway.url}/hostile/${path}`, { ...init, headers });
    return wordOf(response.status, await response.text());
  };
  return {
    post: (text, agent = 'agent-0') => speak('mcp', agent, { method: 'POST', body: text }),
    ask: (key) => speak(`calls/${key}`, 'agent-0', {}),
  };
}

/** What an answer says, in a word. It may be large: only its ends are read. */
function wordOf(status: number, text: string): string {
  const [, error] = /"error":"([A-Z_]+)"/.exec(text.slice(0, 4_096)) ?? [];
  const [, outcome] = /"outcome":"(\w+)"/.exec(text.slice(0, 4_096) + text.slice(-4_096)) ?? [];
  return [String(status), error ?? outcome ?? ''].filter(Boolean).join(' ');
}

function lineOf({ input, ms, gatewayMib, sidecarMib, answers, others, longestMs, came }: Played): string {
  const results = Object.entries(came).map(([word, times]) => `${times} × ${word}`);
  const health = `health ${answers} answers${others > 0 ? `, ${others} others` : ''}, longest ${longestMs} ms`;
  return `${input}: ${results.join(', ')}; ${ms} ms; gateway ${gatewayMib} MiB, sidecar ${sidecarMib} MiB; ${health}`;
}

function verdictOf(played: readonly Played[], healed: Played): Verdict {
  const [idle] = played as [Played];
  const failed = played.filter(
    ({ gatewayMib, sidecarMib, answers, others }) =>
      gatewayMib >= MEMORY_LIMIT_MIB || sidecarMib >= MEMORY_LIMIT_MIB || answers === 0 || others > 0,
  );
  const serves = JSON.stringify(healed.came) === JSON.stringify(idle.came);
  const most = Math.max(...played.map(({ gatewayMib }) => gatewayMib));
  const mostBeside = Math.max(...played.map(({ sidecarMib }) => sidecarMib));
  return {
    passed: failed.length === 0 && serves && played.length === INPUTS.length + 1,
    counts: { passed: played.length - failed.length, failed: failed.length },
    facts: [
      `a gateway took at most ${most} MiB, a sidecar ${mostBeside} MiB`,
      `the longest health check took ${Math.max(...played.map(({ longestMs }) => longestMs))} ms, idle ${idle.longestMs} ms`,
      ...(serves ? [] : ['small calls are not answered afterwards as before']),
    ],
    document: { played },
  };
}
