import { rootCertificates } from 'node:tls';
import { expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import type { ServerConfig } from '../../core/fleet-config';
import { type AddServerProps, Reconcile, ServerMethod, ServerRuntime, ToolPolicy } from '../../lib';
import { configOf, NPM_HTTP, newServer, templateOf } from './example-fleet';

const SEARCH = 'https://search.example/mcp';
const RUNTIMES: [string, ServerRuntime][] = [
  ['in the fleet', NPM_HTTP],
  ['remote', ServerRuntime.remote({ url: SEARCH })],
];

/** What the template tells the gateway of one server. */
function declared(props: Partial<AddServerProps>): ServerConfig {
  return configOf(templateOf(newServer(props))).servers.tickets as ServerConfig;
}

test.each(RUNTIMES)('methods of its own pass to a server (%s) as what they are', (_, runtime) => {
  const methods = [
    ServerMethod.request('acme/search', { readOnly: true }),
    ServerMethod.request('acme/reindex'),
    ServerMethod.notification('notifications/acme/gesehen ✓'),
    ServerMethod.request('constructor'),
  ];

  expect(declared({ runtime, methods }).methods).toEqual({
    'acme/search': { kind: 'request', readOnly: true },
    'acme/reindex': { kind: 'request' },
    'notifications/acme/gesehen ✓': { kind: 'notification' },
    constructor: { kind: 'request' },
  });
});

test.each(RUNTIMES)('a server (%s) has the error codes by which it refuses for good', (_, runtime) => {
  expect(declared({ runtime, finalErrors: [-32603, -32000, 7] }).finalErrors).toEqual([-32603, -32000, 7]);
});

test('a tool that stops when it is told to is cancellable, and no other', () => {
  const tools = { crawl: ToolPolicy.stateChanging({ cancellable: true }), pay: ToolPolicy.stateChanging({ cancellable: false }) };

  expect(declared({ tools }).tools).toEqual({
    crawl: { effect: 'state_changing', key: 'fenced', cancellable: true },
    pay: { effect: 'state_changing', key: 'fenced' },
  });
});

test('whatever a server may list can be declared, and be the read of another tool', () => {
  const read = { tool: 'files/read', arguments: '{}', landed: 'result.found = true', notLanded: 'result.found = false' };
  const long = 'ü'.repeat(512);
  const tools = {
    'files/read': ToolPolicy.readOnly(),
    'überweisen, jetzt 💶': ToolPolicy.stateChanging({ reconcile: Reconcile.by(read) }),
    'tools."constructor"': ToolPolicy.readOnly(),
    constructor: ToolPolicy.readOnly(),
    [long]: ToolPolicy.readOnly(),
  };

  expect(declared({ tools }).tools).toEqual({
    'files/read': { effect: 'read_only', key: 'fenced' },
    'überweisen, jetzt 💶': { effect: 'state_changing', key: 'fenced', reconcile: { ...read, effectSeconds: 30 } },
    'tools."constructor"': { effect: 'read_only', key: 'fenced' },
    constructor: { effect: 'read_only', key: 'fenced' },
    [long]: { effect: 'read_only', key: 'fenced' },
  });
});

test.each([
  ['one', rootCertificates.slice(0, 1).join('')],
  ['several', rootCertificates.slice(0, 3).join('\n')],
  ['with lines that end as on Windows', rootCertificates.slice(0, 2).join('\n').replaceAll('\n', '\r\n')],
  ['with words between them', `Acme's own\n${rootCertificates[0]}\n\nand its older one\n${rootCertificates[1]}\n`],
])('private authorities (%s) reach the gateway to the letter', (_, certificateAuthorities) => {
  const runtime = ServerRuntime.remote({ url: SEARCH, certificateAuthorities });

  expect(declared({ runtime })).toEqual({ remoteUrl: SEARCH, remote: { certificateAuthorities }, tools: {} });
});

test('a remote server limits rates before it executes only where that is said', () => {
  const remoteOf = (rateLimitsBeforeExecution?: boolean) =>
    declared({ runtime: ServerRuntime.remote({ url: SEARCH, rateLimitsBeforeExecution }) });

  expect(remoteOf(true)).toEqual({ remoteUrl: SEARCH, remote: { rateLimitsBeforeExecution: true }, tools: {} });
  expect(remoteOf(false)).toEqual({ remoteUrl: SEARCH, tools: {} });
  expect(remoteOf()).toEqual({ remoteUrl: SEARCH, tools: {} });
});

test('how long a server may take, and its listen streams last, the gateway is told where it is said', () => {
  const runtime = ServerRuntime.remote({ url: SEARCH });
  expect(declared({ runtime, longestCall: Duration.minutes(2), listenAge: Duration.minutes(5) })).toEqual({
    remoteUrl: SEARCH,
    longestCallSeconds: 120,
    listenSeconds: 300,
    tools: {},
  });
});

test('connections to a remote server are opened ahead only where that is said', () => {
  const remoteOf = (warm?: number) => declared({ runtime: ServerRuntime.remote({ url: SEARCH, warm }) });

  expect(remoteOf(3)).toEqual({ remoteUrl: SEARCH, remote: { warm: 3 }, tools: {} });
  expect(remoteOf(0)).toEqual({ remoteUrl: SEARCH, tools: {} });
});

test.each(RUNTIMES)('of what is not said, the gateway is told nothing (%s)', (_, runtime) => {
  expect(Object.keys(declared({ runtime, methods: [], finalErrors: [] }))).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(methods|finalErrors|remote)$/)]),
  );
});
