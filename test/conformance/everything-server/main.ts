// The server that the conformance suite is run against: every feature of both protocol eras, under the names that the suite expects.
// It knows nothing of gateways or sidecars, and runs the same alone and as several instances of a fleet's server.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import { changes } from './changes';
import { everythingEndpoint } from './endpoint';
import { everythingServer } from './server';
import { roundState } from './state';
import { believeTheBody } from './unchecked-headers';

const bus = changes(process.env.CHANGES_TABLE);
const state = roundState(process.env.STATE_KEY ?? randomBytes(32).toString('hex'));
const endpoint = everythingEndpoint((era) => everythingServer(era, state, bus), bus);
const checked = process.env.HEADERS !== 'unchecked';
const fetch = async (request: Request) => await endpoint.fetch(checked ? request : await believeTheBody(request));
const handle = toNodeHandler({ fetch }, { onerror: (error) => log('request_failed', { error: error.message }) });
const isLocalHost = localhostHostValidation();
const isLocalOrigin = localhostOriginValidation();

const http = createServer((request, response) => {
  if (isLocalHost(request, response) && isLocalOrigin(request, response)) {
    void handle(request, response as Parameters<typeof handle>[1]);
  }
});
http.listen(Number(process.env.PORT ?? 0), process.env.HOST ?? '127.0.0.1', () => log('listening', { address: http.address() }));

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    http.close();
    void endpoint.close().finally(() => http.closeAllConnections());
  });
}

function log(event: string, detail: object): void {
  console.log(JSON.stringify({ event, server: 'everything', ...detail }));
}
