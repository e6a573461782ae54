import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { type AddServerProps, McpServer, ServerRuntime } from '../../lib';
import { newApp, smallFleet } from './company';

/** A fleet whose server `faulty` comes to harm as it is told: see its FAULT. */
export function faultyApp(outdir: string, environment: Readonly<Record<string, string>>, props: Partial<AddServerProps> = {}): void {
  const app = newApp(outdir);
  const fleet = smallFleet(new Stack(app, 'Shop'), 'faulty');
  const faulty = fleet.addServer('faulty', {
    runtime: ServerRuntime.http({ directory: join(__dirname, 'faulty'), port: 3000 }),
    sessions: { perInstance: 5 },
    scaling: { minInstances: 1, maxInstances: 2 },
    environment,
    ...props,
  });
  faulty.grantCall(fleet.addAgent('asker', { subject: 'agent-asker' }), { tools: [McpServer.ALL_TOOLS] });
  app.synth();
}
