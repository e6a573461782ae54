import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { attach } from '../../local/control-client';
import { startBearerAdapter } from './bearer-adapter';
import type { Program } from './bundles';
import { AGENT, RELAY, synthesizeFleet } from './fleet-app';
import { ROOT } from './root';
import { startScenarioSwitch } from './scenario-switch';
import type { Target } from './target';

const READY_MS = 120_000;
/** A run takes minutes. */
const TOKEN_SECONDS = 3600;

/**
 * Starts a whole fleet with the command line, as anyone would: its servers stand behind adapter, edge, gateways and sidecars.
 * @param programs folders of the bundled programs
 * @param scratch folder for its assembly and state
 */
export async function startFleet(programs: Readonly<Record<Program, string>>, scratch: string, signal: AbortSignal): Promise<Target> {
  const adapter = await startBearerAdapter();
  const scenarios = await startScenarioSwitch(`${adapter.origin}/${RELAY}/mcp`);
  const stopRelays = async () => {
    await Promise.all([adapter.stop(), scenarios.stop()]);
  };
  const folder = join(scratch, 'account');
  const assembly = join(scratch, 'cdk.out');
  mkdirSync(folder, { recursive: true });
  try {
    synthesizeFleet({ programs, relayTo: scenarios.origin, outdir: assembly });
    const account = await startAccount(assembly, folder, signal);
    const attached = await attach(folder);
    adapter.connect(account.baseUrl, await attached.token(AGENT, { ttlSeconds: TOKEN_SECONDS }));
    const started = (await attached.processes()).filter(({ role }) => role !== 'lambda'); // these come and go
    return {
      url: (server) => `${adapter.origin}/${server}/mcp`,
      clientEnvironment: { CONFORMANCE_SWITCH: scenarios.control },
      died: async () => {
        const running = new Set((await attached.processes()).map(({ pid }) => pid));
        return started.filter(({ pid }) => !running.has(pid)).map(({ role, server, task }) => `${role} ${server ?? ''} ${task}`);
      },
      stop: async () => {
        await stopRelays();
        await account.stop();
      },
    };
  } catch (error) {
    await stopRelays();
    throw error;
  }
}

async function startAccount(
  assembly: string,
  folder: string,
  signal: AbortSignal,
): Promise<{ baseUrl: string; stop: () => Promise<void> }> {
  const args = ['local', '--assembly', assembly, '--no-checks', '--json', '--port', '0', '--persist', join(folder, 'state')];
  // The account notes in its working directory that it runs: not in the project's, where another may run.
  const child = spawn(process.execPath, [join(ROOT, 'bin/mcp-fleet'), ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  };
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  try {
    const baseUrl = await new Promise<string>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`The fleet ${why}:\n${output}`));
      signal.addEventListener('abort', () => fail('was interrupted'), { once: true });
      const timer = setTimeout(() => fail(`was not ready within ${READY_MS / 1000} s`), READY_MS);
      createInterface({ input: child.stdout }).on('line', (line) => {
        output += `${line}\n`;
        const { event, baseUrl: url } = JSON.parse(line) as { event: string; baseUrl?: string };
        if (event === 'ready' && url !== undefined) resolve(url);
      });
      void ended.then(() => fail('ended before it was ready')).finally(() => clearTimeout(timer));
    });
    return { baseUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
