import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const root = join(__dirname, '../..');

/** What an invocation came to. */
export interface Invoked {
  readonly result?: unknown;
  readonly error?: { errorType: string; errorMessage: string };
}

/** Runs a bundled function as Lambda does: a process of its own that asks the Runtime API for its next invocation. */
export interface StartedFunction {
  invoke(event: unknown): Promise<Invoked>;
  /** Everything it printed. */
  readonly output: () => string;
  stop(): Promise<void>;
}

/** Asks for invocations and answers them (AWS Lambda, runtime API 2018-06-01), as a managed Node.js runtime does. */
const BOOTSTRAP = `
const base = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime';
const post = (path, body) => fetch(base + path, { method: 'POST', body: JSON.stringify(body === undefined ? null : body) });
const asError = (e) => ({ errorType: e.name, errorMessage: e.message, trace: [] });
(async () => {
  let handler;
  try { handler = require(process.env.LAMBDA_TASK_ROOT + '/index.js').handler; }
  catch (e) { await post('/init/error', asError(e)); process.exit(1); }
  for (;;) {
    const next = await fetch(base + '/invocation/next');
    const id = next.headers.get('lambda-runtime-aws-request-id');
    const deadline = Number(next.headers.get('lambda-runtime-deadline-ms'));
    const context = { awsRequestId: id, functionName: 'test', getRemainingTimeInMillis: () => deadline - Date.now() };
    try { await post('/invocation/' + id + '/response', await handler(await next.json(), context)); }
    catch (e) { await post('/invocation/' + id + '/error', asError(e)); }
  }
})();`;

/** Bundles `lambda/{name}.ts` as it is deployed. */
export function bundleFunction(name: string): string {
  const outdir = mkdtempSync(join(tmpdir(), `${name}-`));
  buildSync({
    absWorkingDir: root,
    entryPoints: [{ in: `lambda/${name}.ts`, out: 'index' }],
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  return outdir;
}

/** @param timeoutMs that an invocation may take, by the function's own clock */
export async function startFunction(taskRoot: string, environment: Record<string, string>, timeoutMs = 10_000): Promise<StartedFunction> {
  const queue: { id: string; event: unknown }[] = [];
  const waiting: ServerResponse[] = [];
  const invocations = new Map<string, (invoked: Invoked) => void>();
  const failures: string[] = [];

  const hand = () => {
    while (queue.length > 0 && waiting.length > 0) {
      const { id, event } = queue.shift() as { id: string; event: unknown };
      const headers = { 'lambda-runtime-aws-request-id': id, 'lambda-runtime-deadline-ms': String(Date.now() + timeoutMs) };
      waiting.shift()?.writeHead(200, headers).end(JSON.stringify(event));
    }
  };
  const api: Server = createServer(async (request, response) => {
    const path = request.url?.replace('/2018-06-01/runtime', '') ?? '';
    if (path === '/invocation/next') {
      waiting.push(response);
      hand();
      return;
    }
    const body: unknown = JSON.parse(await bodyOf(request));
    const [, id, kind] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (path === '/init/error') {
      failures.push(JSON.stringify(body));
      for (const settle of invocations.values()) settle({ error: body as Invoked['error'] });
    }
    if (id) invocations.get(id)?.(kind === 'error' ? { error: body as Invoked['error'] } : { result: body });
    response.writeHead(202).end('{}');
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');

  const bootstrap = join(mkdtempSync(join(tmpdir(), 'runtime-')), 'bootstrap.cjs');
  writeFileSync(bootstrap, BOOTSTRAP);
  const child: ChildProcess = spawn(process.execPath, [bootstrap], {
    env: {
      PATH: process.env.PATH,
      AWS_REGION: 'eu-central-1',
      NODE_NO_WARNINGS: '1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(api.address() as AddressInfo).port}`,
      LAMBDA_TASK_ROOT: taskRoot,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk;
  });

  return {
    output: () => output,
    invoke: (event) =>
      new Promise((resolve, reject) => {
        if (failures.length > 0) reject(new Error(`the function did not start: ${failures}`));
        const id = randomUUID();
        invocations.set(id, resolve);
        queue.push({ id, event });
        hand();
      }),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      api.closeAllConnections();
      await new Promise((resolve) => api.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}
