import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { createServer, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { build } from 'esbuild';

const ROOT = join(__dirname, '../..');
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The payments server as it is deployed: its bundle as a process, with a journal table in an embedded DynamoDB. */
export interface Payments {
  readonly endpoint: string;
  readonly process: ChildProcess;
  readonly dynamodb: DynamoDBClient;
  stop(): Promise<void>;
}

export const JOURNAL_TABLE = 'journal';
export const API_KEY = 'sk_test_4bQ7w9';

export async function startPayments(): Promise<Payments> {
  const folder = await mkdtemp(join(tmpdir(), 'payments-'));
  await build({
    entryPoints: [join(ROOT, 'examples/payments/main.ts')],
    outfile: join(folder, 'index.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  const database = await listen(dynalite({ createTableMs: 0 }));
  const endpoint = `http://127.0.0.1:${(database.address() as AddressInfo).port}`;
  const dynamodb = new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials: CREDENTIALS });
  await dynamodb.send(
    new CreateTableCommand({
      TableName: JOURNAL_TABLE,
      KeySchema: [{ AttributeName: 'entry', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'entry', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const child = spawn(process.execPath, ['index.js'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      HOST: '127.0.0.1',
      JOURNAL_TABLE,
      PAYMENTS_API_KEY: API_KEY,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    },
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  const { address } = JSON.parse(line) as { address: AddressInfo };

  return {
    endpoint: `http://127.0.0.1:${address.port}/mcp`,
    process: child,
    dynamodb,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      dynamodb.destroy();
      database.closeAllConnections();
      await new Promise((done) => database.close(done));
      await rm(folder, { recursive: true });
    },
  };
}

async function listen(server: ReturnType<typeof createServer>): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
