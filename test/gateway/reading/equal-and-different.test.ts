import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { agentId } from '../../../core/agent';
import { callDigest } from '../../../core/call-digest';
import { sessionKey } from '../../../core/session-key';
import { ledgerKey } from '../../../ledger/row';
import { grant, type Rig, type RpcAnswer, startRig } from '../rig';
import { INITIALIZE } from './messages';
import { openSession, reachedServer, serving } from './serving';

let rig: Rig;
let keys = 0;
beforeAll(async () => {
  rig = await startRig({ payments: {} });
  await grant(rig, 'support', 'payments', ['*']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.upstream = serving();
  rig.reached.length = 0;
});

const pay = (args: string, key: string): Promise<RpcAnswer> =>
  rig.ask(
    'support',
    'payments',
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pay","arguments":${args},"_meta":{"cdk-mcp-fleet/idempotencyKey":"${key}"}}}`,
  );
const replayed = ({ result }: RpcAnswer): unknown => result?._meta['cdk-mcp-fleet/call']?.replayed;

describe('under one key two amounts are', () => {
  test.each([
    ['100.00000000000000000001', '100.00000000000000000999'],
    ['100.00000000000000000001', '100'],
    ['0', '-0'],
    ['-0.0', '0.0'],
    ['1e-400', '0'],
    ['1e-400', '-1e-400'],
    ['1e-400', '2e-400'],
    ['1e-999999999', '1e-999999998'],
    ['0.1', '0.10000000000000000555'],
    ['9007199254740990.5', '9007199254740990.6'],
    ['1', '"1"'],
    ['1', 'true'],
    ['[1,2]', '[12]'],
    ['{"a":1}', '[["a",1]]'],
  ])('different: %s and %s', async (one, other) => {
    const key = `different-${++keys}`;
    expect(replayed(await pay(`{"amount":${one}}`, key))).toBe(false);
    const second = await pay(`{"amount":${other}}`, key);
    expect(second.error.data).toMatchObject({ error: 'KEY_REUSED', outcome: 'not_executed' });
    expect(rig.reached).toHaveLength(1);
  });

  test.each([
    ['1', '1.0'],
    ['1', '10e-1'],
    ['1', '0.1E+1'],
    ['100', '1e2'],
    ['1e-400', '10e-401'],
    ['0', '0.000'],
    ['0', '0e-5'],
    ['-0', '-0.0'],
    ['0.10000000000000000555', '10000000000000000555e-20'],
    ['"é"', '"\\u00e9"'],
    ['{"a":1,"b":[2,3]}', '{ "b" : [2.0, 3] , "a" : 1e0 }'],
  ])('the same: %s and %s', async (one, other) => {
    const key = `same-${++keys}`;
    expect(replayed(await pay(`{"amount":${one}}`, key))).toBe(false);
    expect(replayed(await pay(`{"amount":${other}}`, key))).toBe(true);
    expect(rig.reached).toHaveLength(1);
  });

  test.each(['1e400', '1e999999999', '9007199254740993', '123456789012345678901234567890'])(
    'none at all where no double comes near: %s',
    async (amount) => {
      const { status, error } = await pay(`{"amount":${amount}}`, `none-${++keys}`);
      expect([status, error.code]).toEqual([400, -32700]);
      expect(reachedServer(rig)).toEqual([]);
    },
  );

  test('sent as they were written', async () => {
    await pay('{"amount":100.00000000000000000001,"tiny":1e-400,"zero":-0}', `written-${++keys}`);
    expect(rig.reached[0]?.body).toContain('{"amount":100.00000000000000000001,"tiny":1e-400,"zero":-0}');
  });
});

describe('a key that was claimed before an upgrade', () => {
  async function leaveRow(args: string, version?: 1 | 2): Promise<string> {
    const key = `before-${++keys}`;
    const issuer = rig.gateway.config.identity.issuer;
    const agent = agentId({ issuer, subject: 'support' });
    const now = rig.gateway.now();
    // Before there were versions every number was read as a double.
    const digest = version === undefined ? callDigest('pay', JSON.stringify(JSON.parse(args))).digest : callDigest('pay', args).digest;
    const row = {
      pk: ledgerKey('payments', agent, `k:${key}`),
      callId: `call-${key}`,
      idempotencyKey: key,
      server: 'payments',
      agent,
      issuer,
      subject: 'support',
      tool: 'pay',
      argumentsDigest: digest,
      ...(version !== undefined && { digestVersion: version }),
      arguments: args,
      stateChanging: true,
      state: 'claimed' as const,
      fence: `f-${key}`,
      owner: 'before',
      claimedAt: now,
      leaseUntil: now + 900_000,
    };
    await rig.gateway.ledger.claim(row);
    await rig.gateway.ledger.advance(row, 'sent', { sentAt: now });
    await rig.gateway.ledger.advance(row, 'confirmed', { settledAt: now, result: '{"content":[]}' });
    return key;
  }

  test.each(['{"amount":1}', '{"amount":100.00000000000000000001}', '{"amount":-0}', '{"a":"x","b":[1,2.5]}'])(
    'and has no version is found again by the same arguments: %s',
    async (args) => {
      expect(replayed(await pay(args, await leaveRow(args)))).toBe(true);
      expect(reachedServer(rig)).toEqual([]);
    },
  );

  test('and names other arguments is still refused', async () => {
    const answer = await pay('{"amount":2}', await leaveRow('{"amount":1}'));
    expect(answer.error.data.error).toBe('KEY_REUSED');
  });

  test('and has a version compares exactly', async () => {
    expect((await pay('{"amount":1.00000000000000000001}', await leaveRow('{"amount":1}', 1))).error.data.error).toBe('KEY_REUSED');
    expect(replayed(await pay('{"amount":1.00000000000000000001}', await leaveRow('{"amount":1.00000000000000000001}', 2)))).toBe(true);
  });
});

describe('an id of ours has one spelling:', () => {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  /** All ids that Node's lenient base64 reads as the same bytes. */
  function respelt(id: string): string[] {
    const bytes = Buffer.from(id, 'base64url');
    const last = [...ALPHABET].map((char) => id.slice(0, -1) + char);
    const others = [`${id}=`, `${id}==`, `${id}.`, `${id.slice(0, 10)}.${id.slice(10)}`, id.replace(/-/g, '+').replace(/_/g, '/')];
    return [...last, ...others].filter((other) => other !== id && Buffer.from(other, 'base64url').equals(bytes));
  }

  test('a session’s with other spare bits, or padding, is unknown, and a session that was deleted does not come back', async () => {
    // Spare bits are there in two of three lengths.
    for (const upstream of ['u', 'uu', 'uuu']) {
      rig.upstream = serving({
        initialize: (_, response, body) =>
          response
            .writeHead(200, { 'content-type': 'application/json', 'mcp-fleet-instance': 'task-1', 'mcp-session-id': upstream })
            .end(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(body).id, result: { protocolVersion: '2025-11-25', capabilities: {} } })),
      });
      const id = await openSession(rig, 'support', 'payments', INITIALIZE);
      rig.reached.length = 0;
      const others = respelt(id);
      expect(others.length).toBeGreaterThan(2);
      for (const other of others) {
        const { status, error } = await rig.ask(
          'support',
          'payments',
          { jsonrpc: '2.0', id: 1, method: 'ping' },
          { 'mcp-session-id': other },
        );
        expect([status, error.code]).toEqual([404, -32001]);
      }
      expect(reachedServer(rig)).toEqual([]);
      expect((await rig.sessions()).filter(({ session }) => others.map(sessionKey).includes(session))).toEqual([]);
    }
  });
});

describe('text that is ill-formed is refused:', () => {
  test.each(['\\ud800', '\\udbff', 'x\\udc00y', '\\ude00\\ud83d'])('%s among the arguments', async (text) => {
    expect((await pay(`{"x":"${text}"}`, `ill-${++keys}`)).status).toBe(400);
    expect((await pay(`{"${text}":1}`, `ill-${++keys}`)).status).toBe(400);
    expect(reachedServer(rig)).toEqual([]);
  });

  test.each(['\ud800', '\ud801', '\udfff', 'a\ud800b'])(
    'a subject with a lone surrogate is no agent, and no two are one: %j',
    async (subject) => {
      const { status, error } = await rig.ask(subject, 'payments', { jsonrpc: '2.0', id: 1, method: 'ping' });
      expect([status, error.data.error]).toEqual([401, 'UNAUTHENTICATED']);
      expect(reachedServer(rig)).toEqual([]);
    },
  );
});
