// An example company's payments server: what an MCP server of your own looks like to a fleet.
// It knows nothing of gateways, sidecars or ledgers: it listens on $PORT and speaks plain MCP.
import { createServer } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { Bank } from './bank';
import { mcpEndpoint } from './endpoint';
import { DynamoDbJournal } from './journal';
import { paymentsServer } from './tools';

const bank = new Bank(new DynamoDbJournal(new DynamoDBClient({}), required('JOURNAL_TABLE')));
const endpoint = mcpEndpoint(() => paymentsServer(bank, process.env));
const handle = toNodeHandler(endpoint, { onerror: (error) => log('request_failed', { error: error.message }) });

const http = createServer((request, response) => void handle(request, response as Parameters<typeof handle>[1]));
http.listen(Number(required('PORT')), process.env.HOST ?? '0.0.0.0', () => log('listening', { address: http.address() }));

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    http.close();
    void endpoint.close().finally(() => http.closeAllConnections());
  });
}

function log(event: string, detail: object): void {
  console.log(JSON.stringify({ event, server: 'payments', ...detail }));
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`The environment variable ${name} is not set; the payments server needs PORT and JOURNAL_TABLE.`);
  return value;
}
