import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { FleetConfig } from '../../core/fleet-config';
import { scratchFolder } from '../local/fixtures/assembly';
import { bundle } from '../suites/bundling';

/** Plays Secrets Manager, and knows nothing else. */
let aws: Server;
let gateway: ChildProcess | undefined;

beforeEach(async () => {
  aws = createServer((request, response) => {
    const known = String(request.headers['x-amz-target']).endsWith('GetSecretValue');
    response.writeHead(known ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(known ? JSON.stringify({ SecretString: 'a seal key of more than thirty-two bytes' }) : '{"__type":"ValidationException"}');
  }).listen(0, '127.0.0.1');
  await once(aws, 'listening');
});

afterEach(() => {
  gateway?.kill('SIGKILL');
  aws.closeAllConnections();
  aws.close();
});

test('a replica that serves nothing is gone soon after SIGTERM', async () => {
  const url = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
  const config: FleetConfig = {
    fleet: 'test',
    serversUrl: url,
    identity: { issuer: url, audience: ['a'], audienceClaim: 'aud' },
    ledgerTable: 'ledger',
    directoryTable: 'directory',
    allowlistTable: 'allowlist',
    authorizerFunction: 'authorizer',
    sealKeySecret: 'seal-key',
    allowedOrigins: [],
    servers: {},
  };
  const folder = scratchFolder();
  await bundle({ index: 'gateway/main.ts' }, folder);
  gateway = spawn(process.execPath, [join(folder, 'index.js')], {
    env: {
      MCP_FLEET_CONFIG: JSON.stringify(config),
      PORT: '0',
      HOST: '127.0.0.1',
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const events: string[] = [];
  const lines = createInterface({ input: gateway.stdout as NodeJS.ReadableStream });
  const listening = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      const { event } = JSON.parse(line) as { event?: string };
      if (event !== undefined) events.push(event);
      if (event === 'listening') resolve();
    });
  });
  await listening;
  const exited = once(gateway, 'exit');
  gateway.kill('SIGTERM');
  // Jest's own limit is far below the 100 s for which a busy one waits.
  expect(await exited).toEqual([0, null]);
  expect(events).toEqual(expect.arrayContaining(['drain_started', 'drain_finished']));
});
