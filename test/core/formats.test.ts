import { spawnSync } from 'node:child_process';
import { createHash, createSecretKey } from 'node:crypto';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import { FORMATS, type FormatName, requireKnown } from '../../core/formats';
import type { AllowlistEntry } from '../../core/policy';
import { readGrants } from '../../core/read-grants';
import { openSession, sealKey, sealSession } from '../../core/sealed-session';
import { readContext, signContext } from '../../core/signed-context';
import { Directory } from '../../gateway/ledger/directory';
import { readEntry } from '../../lambda/allowlist-entry';
import { AgentKeys } from '../../ledger/archive/agent-keys';
import { recordOf } from '../../ledger/archive/record';
import { attributesOf, rowOf } from '../../ledger/item';
import { OrdersItem } from '../../ledger/orders-item';
import type { TableClient } from '../../ledger/table/table-client';
import { bundleFolder } from '../../lib/bundles';
import { readSettings } from '../../sidecar/settings';

const KEY = createSecretKey(Buffer.alloc(32, 1));
const SIDECAR = { fleet: 'f', server: 's', slots: 1, drainSeconds: 1, runtime: { kind: 'http', url: 'http://127.0.0.1:3000/mcp' } };
const ENTRY: AllowlistEntry = { agent: 'a', entry: 'e', server: 's', effect: 'allow', tools: ['t'], source: 'cdk' } as never;

/** A table in which one item stands, whatever is asked for. */
const tableOf = (item: object) => ({ getItem: async () => ({ Item: attributesOf(item) }) }) as unknown as TableClient;
const clientOf = (item: object): DynamoDBClient =>
  Object.assign(Object.create(DynamoDBClient.prototype), { send: async () => ({ Items: [attributesOf(item)] }) });

function recordLine(more: object): string {
  const body = { sequence: 1, previous: '0', event: 'INSERT', eventId: 'e', shardSequence: '1', at: 1, pk: 'p', ...more };
  const hash = createHash('sha256')
    .update(canonicalize(body) as string)
    .digest('hex');
  return canonicalize({ ...body, hash }) as string;
}

/** How each is read by the program that reads it; `more` stands beside what this version writes. */
const READERS: Readonly<Record<FormatName, (more: object) => unknown>> = {
  // Read when a program starts, by this line: see below.
  gatewayConfig: (more) => requireKnown('gatewayConfig', { fleet: 'f', ...more }),
  janitorConfig: (more) => requireKnown('janitorConfig', { fleet: 'f', ...more }),
  archiverConfig: (more) => requireKnown('archiverConfig', { fleet: 'f', ...more }),
  sidecarConfig: (more) =>
    readSettings({ MCP_FLEET_SIDECAR: JSON.stringify({ ...SIDECAR, ...more }), MCP_FLEET_SIDECAR_KEY: 'k'.repeat(64) }).config,
  grants: (more) => readGrants({ format: 1, issuer: 'https://login.example', agents: [], ...more }),
  allowlistEntry: (more) => readEntry({ ...ENTRY, ...more }),
  orders: (more) => new OrdersItem(tableOf({ agent: 'orders', entry: 'orders', ...more }), 't').read(),
  ledgerRow: (more) => rowOf(attributesOf({ pk: 'p', state: 'confirmed', ...more })),
  directoryRow: (more) => new Directory(tableOf({ session: 's', ...more }), 't').read('s'),
  agentKey: (more) =>
    new AgentKeys(clientOf({ agent: 'a', id: '00001', key: Buffer.alloc(32).toString('base64'), ...more }), 't', 0).find('a', '00001'),
  callContext: (more) => readContext(signContext({ agent: 'a', server: 's', ...more } as never, KEY, 1_000), [KEY], 's'),
  archiveRecord: (more) => recordOf(recordLine(more)),
};
const NAMES = Object.keys(FORMATS) as FormatName[];

describe.each(NAMES)('%s', (name) => {
  const read = async (more: object) => READERS[name](more);
  const { format: known } = FORMATS[name];

  test('is read as it is written, with its format and, as the first, without', async () => {
    expect(await read({})).toBeDefined();
    for (let format = 1; format <= known; format++) expect(await read({ format })).toBeDefined();
  });

  test('of a later version, or of none that there is, is refused by both formats and with a way out', async () => {
    for (const format of [known + 1, known + 100, 0, -1, 1.5, '1', null]) {
      const failure = await read({ format }).catch((error: Error) => error);
      expect(failure).toBeInstanceOf(Error);
      expect((failure as Error).message).toContain(JSON.stringify(format));
      expect((failure as Error).message).toMatch(name === 'grants' ? /format must be 1/ : new RegExp(`${known}`));
      expect((failure as Error).message).toContain(FORMATS[name].fix);
    }
  });
});

test('a session id that says more than this version seals is an unknown session, and so is one of another key', () => {
  const binding = { agent: 'a', server: 's' };
  const session = { upstream: 'u', generation: 0, revision: '2025-11-25', issuedAt: 1_000 };
  const key = sealKey('secret');
  const stringify = JSON.stringify;
  const longer = (() => {
    // As a later version would write it under the same key.
    JSON.stringify = ((value: unknown) => stringify(Array.isArray(value) ? [...value, 'more'] : value)) as typeof JSON.stringify;
    try {
      return sealSession(session, binding, key);
    } finally {
      JSON.stringify = stringify;
    }
  })();
  expect(openSession(sealSession(session, binding, key), binding, [key], 1_000)).toEqual(session);
  expect(openSession(longer, binding, [key], 1_000)).toBeUndefined();
  expect(openSession(sealSession(session, binding, sealKey('other')), binding, [key], 1_000)).toBeUndefined();
});

test.each([
  ['gateway', 'MCP_FLEET_CONFIG', 'gatewayConfig'],
  ['sidecar', 'MCP_FLEET_SIDECAR', 'sidecarConfig'],
  ['lambda/ledger-janitor', 'MCP_FLEET_JANITOR', 'janitorConfig'],
  ['lambda/ledger-archiver', 'MCP_FLEET_ARCHIVER', 'archiverConfig'],
] as const)('%s does not start with a configuration of a later version', (bundle, variable, name) => {
  const format = FORMATS[name].format + 1;
  const env = { PATH: process.env.PATH, [variable]: JSON.stringify({ ...SIDECAR, format }), MCP_FLEET_SIDECAR_KEY: 'k'.repeat(64) };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(bundleFolder(bundle), 'index.js')], {
    env,
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect(status).toBe(1);
  expect(`${stdout}${stderr}`).toContain(`${FORMATS[name].what} is of format ${format}; this program reads 1`);
});
