import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { buildSync } from 'esbuild';
import type { CallContext, HttpRuntimeConfig, SidecarConfig, StdioRuntimeConfig } from '../../core/fleet-config';
import { signContext } from '../../core/signed-context';

const root = join(__dirname, '../..');
export const SECRET = 'a-sidecar-key-of-at-least-32-bytes-length';
export const KEY = createSecretKey(Buffer.from(SECRET));

/** One event line, or one EMF line, of the sidecar. */
export type Line = Record<string, unknown> & { event?: string };

export interface StartedSidecar {
  readonly process: ChildProcess;
  readonly port: number;
  /** `http://127.0.0.1:{port}/{server}/mcp` */
  readonly url: string;
  readonly lines: Line[];
  /** Everything it printed. */
  readonly output: () => string;
  /** The next, or an earlier, line that fits. */
  line(fits: (line: Line) => boolean): Promise<Line>;
  event(name: string): Promise<Line>;
  ready(): Promise<{ status: string; activeSessions: number; slotsInUse: number; slots: number }>;
}

/** Bundles the sidecar as the image gets it, once for a run of the tests: its temporary folder is its own. */
export function bundleSidecar(): string {
  const bundle = join(tmpdir(), 'sidecar.js');
  if (existsSync(bundle)) return bundle;
  const outfile = join(mkdtempSync(join(tmpdir(), 'sidecar-')), 'index.js');
  buildSync({
    absWorkingDir: root,
    entryPoints: ['sidecar/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  renameSync(outfile, bundle); // at once: files of tests run side by side
  return bundle;
}

/**
 * Starts the bundled sidecar as a process of its own and waits until it listens.
 * @param through a program that starts it, such as one that takes rights away
 */
export async function startSidecar(
  runtime: HttpRuntimeConfig | StdioRuntimeConfig,
  config: Partial<SidecarConfig> = {},
  environment: Record<string, string> = {},
  through: readonly string[] = [],
): Promise<StartedSidecar> {
  const settings: SidecarConfig = { fleet: 'acme', server: 'tools', runtime, slots: 10, drainSeconds: 5, ...config };
  const [program = process.execPath, ...words] = [...through, process.execPath, bundleSidecar()];
  const child = spawn(program, words, {
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: '0',
      MCP_FLEET_SIDECAR: JSON.stringify(settings),
      MCP_FLEET_SIDECAR_KEY: SECRET,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const sidecar = follow(child);
  const { port } = (await sidecar.line(({ event }) => event === 'listening' || event === 'not_started')) as { port: number };
  return { ...sidecar, port, url: `http://127.0.0.1:${port}/${settings.server}/mcp`, ready: () => readiness(port) };
}

function follow(child: ChildProcess): Pick<StartedSidecar, 'process' | 'lines' | 'output' | 'line' | 'event'> {
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let output = '';
  let rest = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk;
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) lines.push(JSON.parse(part) as Line);
    for (const look of waiting) look();
  });
  const line = (fits: (line: Line) => boolean) =>
    new Promise<Line>((resolve) => {
      const look = () => {
        const found = lines.find(fits);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return { process: child, lines, output: () => output, line, event: (name) => line(({ event }) => event === name) };
}

export async function readiness(port: number) {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  return (await response.json()) as Awaited<ReturnType<StartedSidecar['ready']>>;
}

/** The header that a gateway would send for this agent. */
export function contextHeader(context: Partial<CallContext> = {}): Record<string, string> {
  const signed = signContext({ agent: 'agent-a', server: 'tools', ...context }, KEY, Date.now() / 1000);
  return { 'mcp-fleet-context': signed };
}

/** A fetch that adds what the gateway adds. */
export function gatewayFetch(agent = 'agent-a', server = 'tools'): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return (url, init) => {
    const headers = new Headers(init?.headers);
    for (const [name, value] of Object.entries(contextHeader({ agent, server }))) headers.set(name, value);
    return fetch(url, { ...init, headers });
  };
}

/** An official v1 client of the sidecar. */
export async function connectClient(url: string, agent = 'agent-a', server = 'tools') {
  const transport = new StreamableHTTPClientTransport(new URL(url), { fetch: gatewayFetch(agent, server) });
  const client = new Client({ name: 'test', version: '1.0.0' }, { capabilities: { sampling: {}, roots: {} } });
  await client.connect(transport);
  return { client, transport };
}

/** A POST as the gateway makes it, with all it needs and no more. */
export function postInit(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

export function post(url: string, body: unknown, headers: Record<string, string> = {}, agent = 'agent-a'): Promise<Response> {
  return gatewayFetch(agent)(url, postInit(body, headers));
}

export const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

export function call(name: string, id: string | number = 1, args: object = {}, meta?: object) {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args, ...(meta && { _meta: meta }) } };
}

export const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** The JSON-RPC messages of an event stream, as they come. */
export async function* events(response: Response): AsyncGenerator<Record<string, never>> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = text.slice(0, end).match(/^data: (.+)$/m)?.[1];
      text = text.slice(end + 2);
      if (data) yield JSON.parse(data) as Record<string, never>;
    }
  }
}

/** A real server process on the SDK; see fixtures/sdk-server.mjs. */
export async function startSdkServer(environment: Record<string, string> = {}) {
  const child = fork(join(__dirname, 'fixtures/sdk-server.mjs'), {
    env: { ...process.env, ...environment },
    execArgv: [],
    stdio: 'inherit',
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    process: child,
    port,
    url: `http://127.0.0.1:${port}/mcp`,
    seen: async () =>
      (await (await fetch(`http://127.0.0.1:${port}/seen`)).json()) as {
        seen: string[];
        sessions: string[];
        open: number;
        payments: number;
      },
    /** `forget` its sessions; `hold` each initialize until `release`. */
    tell: async (what: 'forget' | 'hold' | 'release') => {
      child.send(what);
      await once(child, 'message');
    },
  };
}

/** Waits for a condition that another process brings about. */
export async function until(holds: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ten seconds in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Ends processes of a test and waits until they are gone. */
export async function stopAll(children: (ChildProcess | undefined)[]): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }),
  );
}
