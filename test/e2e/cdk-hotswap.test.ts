import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deployEnvironment } from '../../bin/deploy-environment';
import type { LocalAccount } from '../../local/local-account';
import { OPERATOR_CREDENTIALS } from '../../local/processes/credentials';
import { startLocalAccount } from '../../local/start';
import { scratchFolder } from '../local/fixtures/assembly';
import { ROOT } from './fleet';

/** The CDK command line as it is changes a running fleet beside its stack: a server, and a function of the app's own. */

const CDK = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
const APP = `
const root = ${JSON.stringify(ROOT)};
const { App, CustomResource, Stack } = require(root + '/node_modules/aws-cdk-lib');
const { Certificate } = require(root + '/node_modules/aws-cdk-lib/aws-certificatemanager');
const { Table } = require(root + '/node_modules/aws-cdk-lib/aws-dynamodb');
const lambda = require(root + '/node_modules/aws-cdk-lib/aws-lambda');
const { AgentIdentity, FleetEdge, McpFleet, OnLoss, ServerRuntime, ToolPolicy } = require(root + '/dist/lib');
const stack = new Stack(new App(), 'Shop');
const handler = { handler: 'index.handler', runtime: lambda.Runtime.NODEJS_24_X, code: lambda.Code.fromAsset(__dirname + '/function') };
const greet = new lambda.Function(stack, 'Greet', { ...handler, functionName: 'greet' });
const custom = new CustomResource(stack, 'Custom', { serviceToken: greet.functionArn });
// No fleet needs these: they are only named here.
new lambda.Function(stack, 'Idle', handler);
new Table(stack, 'Table', { partitionKey: { name: 'id', type: 'S' }, timeToLiveAttribute: process.env.TTL ?? 'first' });
const certificate = Certificate.fromCertificateArn(stack, 'Certificate', stack.formatArn({ service: 'acm', resource: 'certificate', resourceName: 'x' }));
const fleet = new McpFleet(stack, 'Mcp', {
  fleetName: 'shop',
  identity: AgentIdentity.oidc({ issuer: 'https://login.shop.example', audience: 'https://mcp.shop.example' }),
  edge: FleetEdge.internal({ domainName: 'mcp.shop.example', certificate }),
});
fleet.addServer('app', {
  runtime: ServerRuntime.http({ directory: __dirname + '/server', port: 3000 }),
  sessions: { perInstance: 50, onLoss: OnLoss.RESTART },
  scaling: { minInstances: 1, maxInstances: 1 },
  environment: { CUSTOM: custom.ref },
  tools: { balance: ToolPolicy.readOnly() },
});
`;
const SERVER = (version: string): string => `
console.log('server ${version}');
require('node:http').createServer((request, response) => response.end('ok')).listen(3000, '127.0.0.1');
`;
const FUNCTION = (version: string): string => `
exports.handler = async ({ ResponseURL }) => {
  if (ResponseURL) await fetch(ResponseURL, { method: 'PUT', body: JSON.stringify({ Status: 'SUCCESS', PhysicalResourceId: 'x' }) });
  return '${version}';
};
`;

let account: LocalAccount;
let folder: string;
let lambda: LambdaClient;
const running: ChildProcess[] = [];

beforeAll(async () => {
  folder = scratchFolder();
  for (const name of ['function', 'server']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'server/Dockerfile'), 'FROM node:20\nWORKDIR /app\nCOPY index.js ./\nCMD ["node", "index.js"]\n');
  change('one');
  writeFileSync(join(folder, 'app.js'), APP);
  writeFileSync(
    join(folder, 'cdk.json'),
    JSON.stringify({ app: 'node app.js', versionReporting: false, watch: { include: ['function/**', 'server/**'] } }),
  );
  account = await startLocalAccount({ port: 0, controlFolder: folder });
  const endpoint = account.awsEnvironment().AWS_ENDPOINT_URL as string;
  lambda = new LambdaClient({ endpoint, region: 'us-east-1', credentials: OPERATOR_CREDENTIALS });
  await cdk(['bootstrap']);
  const { code, output } = await cdk(['deploy', '--require-approval', 'never']);
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('✅  Shop') });
});

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  lambda?.destroy();
  await account?.stop();
});

describe('the CDK command line', () => {
  it('watches, and changes server and functions at once', async () => {
    const watch = start(['watch']);
    await watch.says("Triggering initial 'cdk deploy'");
    await watch.says('Total time');
    change('two');
    await watch.says("AWS::Lambda::Function 'greet' hotswapped!");
    await watch.says(/AWS::ECS::Service '.*' hotswapped!/);
    expect(await greeting()).toBe('two');
    await serves('two');
    watch.child.kill('SIGTERM');
    await once(watch.child, 'exit');
    expect(watch.output()).not.toContain('Error');
  });

  it('goes by the stack where something else has changed, and that brings back what was changed beside it', async () => {
    change('three');
    const { code, output } = await cdk(['deploy', '--hotswap-fallback', '--require-approval', 'never'], { TTL: 'second' });
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('Falling back to doing a full deployment') });
    expect(output).toMatch(/AWS::DynamoDB::Table, rejected changes: TimeToLiveSpecification/);
    expect(await greeting()).toBe('three');
    await serves('three');
  });

  it('destroys', async () => {
    expect(await cdk(['destroy', '--force', '--app', 'cdk.out'])).toMatchObject({ code: 0 });
    expect(await account.processes()).toEqual([]);
  });
});

function change(version: string): void {
  writeFileSync(join(folder, 'server/index.js'), SERVER(version));
  writeFileSync(join(folder, 'function/index.js'), FUNCTION(version));
}

async function greeting(): Promise<unknown> {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'greet' }));
  return JSON.parse(Payload?.transformToString() ?? 'null');
}

/** Resolves when one server runs, and it is of that version. */
async function serves(version: string): Promise<void> {
  for (;;) {
    const [server, ...others] = (await account.processes()).filter(({ role }) => role === 'server');
    const logs = account.logFiles().filter((file) => server !== undefined && file.includes(server.task.slice(0, 8)));
    if (others.length === 0 && logs.some((file) => readFileSync(file, 'utf8').includes(`server ${version}\n`))) return;
    await new Promise((next) => setTimeout(next, 50));
  }
}

async function cdk(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; output: string }> {
  const { child, output } = start(args, env);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: output() };
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [CDK, ...args], {
    cwd: folder,
    // Without CDK_VALIDATION, because what CloudFormation would refuse is not what is looked at.
    env: { ...process.env, ...deployEnvironment(account.awsEnvironment(), process.env), ...env, CI: '1', CDK_VALIDATION: 'false' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  const says = async (what: string | RegExp): Promise<void> => {
    while (output.search(what) < 0) {
      if (child.exitCode !== null) throw new Error(`It ended without having said ${what}:\n${output}`);
      await new Promise((next) => setTimeout(next, 50));
    }
  };
  return { child, output: () => output, says };
}
