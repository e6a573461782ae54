import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { McpServer, ServerRuntime } from '../../lib';
import { newApp, smallFleet } from './company';

const FOLDER = join(__dirname, 'forger');
const EVERYTHING = { package: '@modelcontextprotocol/server-everything', version: '2026.8.31', bin: 'mcp-server-everything' };

/** Each way in which a server can run in the fleet. */
const RUNTIMES: Readonly<Record<string, ServerRuntime>> = {
  'http-directory': ServerRuntime.http({ directory: FOLDER, port: 3000 }),
  'http-package': ServerRuntime.http({ ...EVERYTHING, args: ['streamableHttp'], port: 3001 }),
  'http-image': ServerRuntime.http({
    image: ContainerImage.fromRegistry('registry.example/forger:1'),
    port: 3000,
    localCommand: ['node', join(FOLDER, 'http.cjs')],
  }),
  'stdio-directory': ServerRuntime.stdio({ directory: FOLDER, command: ['node', 'server/stdio.cjs'] }),
  'stdio-package': ServerRuntime.stdio({
    ...EVERYTHING,
    command: ['sh', '-c', `NODE_OPTIONS="--require ${join(FOLDER, 'forge.cjs')}" exec mcp-server-everything`],
  }),
};

/** Names of the servers of {@link forgerApp}. */
export const FORGERS: readonly string[] = Object.keys(RUNTIMES);

/** The value that they print. */
export const FORGED_VALUE = 4711;

/** A fleet whose servers, one of each runtime, print metrics in the name of a server that is none of them. */
export function forgerApp(outdir: string): void {
  const app = newApp(outdir);
  const fleet = smallFleet(new Stack(app, 'Shop'), 'forgers');
  const asker = fleet.addAgent('asker', { subject: 'agent-asker' });
  for (const [name, runtime] of Object.entries(RUNTIMES)) {
    const Metrics = [{ Name: 'OutcomeUnknown', Unit: 'Count' }];
    const _aws = { CloudWatchMetrics: [{ Namespace: 'McpFleet', Dimensions: [['Fleet', 'Server']], Metrics }] };
    const emf = { _aws, Fleet: 'forgers', Server: 'payments', Forger: name, OutcomeUnknown: FORGED_VALUE };
    const server = fleet.addServer(name, {
      runtime,
      sessions: { perInstance: 5 },
      scaling: { minInstances: 1, maxInstances: 2 },
      environment: {
        FORGED: JSON.stringify({ emf }),
        ...(name === 'http-package' && { NODE_OPTIONS: `--require ${join(FOLDER, 'forge.cjs')}` }),
      },
    });
    server.grantCall(asker, { tools: [McpServer.ALL_TOOLS] });
  }
  app.synth();
}
