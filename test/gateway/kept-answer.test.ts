import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { agentId } from '../../core/agent';
import { callDigest } from '../../core/call-digest';
import { type LedgerRow, ledgerKey } from '../../ledger/row';
import { callEventId, grant, type Rig, readRpc, startRig } from './rig';

let rig: Rig;
let sessionId: string;

beforeAll(async () => {
  rig = await startRig({ payments: {} });
  await grant(rig, 'treasury', 'payments', ['*']);
});
afterAll(() => rig.stop());

const paid = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'paid once' }] } });
const call = (key: string) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'transfer', arguments: {}, _meta: { 'cdk-mcp-fleet/idempotencyKey': key } },
});

beforeEach(async () => {
  rig.kept.clear();
  rig.upstream = (_, response) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'mcp-fleet-instance': 'task-1',
      'mcp-session-id': 'upstream-1',
      'set-cookie': 'AWSALB=here; Path=/',
    });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 0, result: { protocolVersion: '2025-11-25', capabilities: {} } }));
  };
  const opened = await rig.post('treasury', 'payments', { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} });
  sessionId = opened.headers.get('mcp-session-id') ?? '';
  rig.reached.length = 0;
});

const callId = () =>
  JSON.parse(Buffer.from(String(rig.reached[0]?.headers['mcp-fleet-context']).split('.')[0] ?? '', 'base64url').toString()).callId;

describe('when the connection breaks after the server has executed', () => {
  test('the answer that the instance keeps confirms the call', async () => {
    rig.upstream = (request) => {
      rig.kept.set(callId(), paid);
      request.socket.destroy();
    };
    const { result } = await rig.ask('treasury', 'payments', call('broken'), { 'mcp-session-id': sessionId });
    expect(result).toMatchObject({ content: [{ text: 'paid once' }], _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed' } } });
    expect((await rig.rows()).find(({ pk }) => pk.endsWith('#k:broken'))).toMatchObject({ state: 'confirmed' });
    expect(rig.reached).toHaveLength(1);
  });

  test('a call that still runs there is waited for', async () => {
    rig.upstream = (request) => {
      rig.kept.set(callId(), 'running');
      setTimeout(() => rig.kept.set(callId(), paid), 400);
      request.socket.destroy();
    };
    const { result } = await rig.ask('treasury', 'payments', call('running'), { 'mcp-session-id': sessionId });
    expect(result).toMatchObject({ content: [{ text: 'paid once' }] });
  });

  test('a kept error that bridges give for time-outs tells nothing: whoever asks again is told of the first call', async () => {
    rig.upstream = (request) => {
      rig.kept.set(callId(), '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"Connection closed"}}');
      request.socket.destroy();
    };
    const ask = () => rig.ask('treasury', 'payments', call('bridged'), { 'mcp-session-id': sessionId });
    const [first, again] = [await ask(), await ask()];
    expect(first.error).toMatchObject({ code: 504, data: { outcome: 'unknown', callId: callId() } });
    expect(again.error).toMatchObject({ code: 504, data: { outcome: 'unknown', callId: callId() } });
    expect(rig.reached).toHaveLength(1);
  });

  test('a kept answer that breaks off is asked for again', async () => {
    rig.upstream = (request) => {
      const id = callId();
      rig.kept.set(id, 'cut');
      setTimeout(() => rig.kept.set(id, paid), 200);
      request.socket.destroy();
    };
    const { result } = await rig.ask('treasury', 'payments', call('cut'), { 'mcp-session-id': sessionId });
    expect(result).toMatchObject({ content: [{ text: 'paid once' }] });
  });

  test('an instance that knows nothing of it leaves it unknown', async () => {
    rig.upstream = (request) => request.socket.destroy();
    const { error } = await rig.ask('treasury', 'payments', call('forgotten'), { 'mcp-session-id': sessionId });
    expect(error).toMatchObject({ code: 504, data: { outcome: 'unknown' } });
  });
});

describe('when the gateway that sent a call is dead', () => {
  /** The row that it left. */
  async function leaveRow(key: string, sentAgoMs = 0, route: { route?: string } = { route: 'here' }): Promise<LedgerRow> {
    const issuer = rig.gateway.config.identity.issuer;
    const agent = agentId({ issuer, subject: 'treasury' });
    const now = Date.now();
    const row: LedgerRow = {
      pk: ledgerKey('payments', agent, `k:${key}`),
      callId: `call-${key}`,
      idempotencyKey: key,
      server: 'payments',
      agent,
      issuer,
      subject: 'treasury',
      tool: 'transfer',
      argumentsDigest: callDigest('transfer', '{}').digest,
      arguments: '{}',
      stateChanging: true,
      state: 'claimed',
      fence: `fence-${key}`,
      owner: 'dead',
      ...route,
      claimedAt: now,
      leaseUntil: now + 900_000,
    };
    await rig.gateway.ledger.claim(row);
    await rig.gateway.ledger.advance(row, 'sent', { sentAt: now - sentAgoMs });
    return row;
  }
  const stateOf = async (key: string) => (await rig.rows()).find((row) => row.pk.endsWith(`#k:${key}`))?.state;

  test('an agent that resumes its stream elsewhere gets the result', async () => {
    await leaveRow('killed');
    rig.kept.set('call-killed', paid);
    const response = await fetch(`${rig.url}/payments/mcp`, {
      headers: {
        authorization: `Bearer ${await rig.token('treasury')}`,
        accept: 'text/event-stream',
        'mcp-session-id': sessionId,
        'last-event-id': await callEventId(rig, 'treasury', 'payments', 'k:killed', 'r-1', sessionId),
      },
    });
    expect(readRpc(await response.text())).toMatchObject({ id: 'r-1', result: { content: [{ text: 'paid once' }] } });
    expect(await stateOf('killed')).toBe('confirmed');
  });

  test('an agent that sends the same key again gets the result, and nothing is sent', async () => {
    await leaveRow('again');
    rig.kept.set('call-again', paid);
    const { result } = await rig.ask('treasury', 'payments', call('again'), { 'mcp-session-id': sessionId });
    expect(result).toMatchObject({
      content: [{ text: 'paid once' }],
      _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed', replayed: true } },
    });
    expect(rig.reached).toEqual([]);
  });

  test('a call that went to any instance is asked for at all of them', async () => {
    await leaveRow('anywhere', 0, {});
    rig.kept.set('call-anywhere', paid);
    const { result } = await rig.ask('treasury', 'payments', call('anywhere'));
    expect(result).toMatchObject({ content: [{ text: 'paid once' }], _meta: { 'cdk-mcp-fleet/call': { replayed: true } } });
  });

  test('a call whose session was opened again elsewhere while it was placed is found there', async () => {
    await leaveRow('moved', 0, { route: 'gone' });
    rig.emptyPlaces.push('gone');
    rig.kept.set('call-moved', paid);
    const { result } = await rig.ask('treasury', 'payments', call('moved'), { 'mcp-session-id': sessionId });
    expect(result).toMatchObject({ content: [{ text: 'paid once' }], _meta: { 'cdk-mcp-fleet/call': { replayed: true } } });
  });

  test('and its instance knows nothing, the call is unknown', async () => {
    await leaveRow('lost', 60_000);
    const { error } = await rig.ask('treasury', 'payments', call('lost'), { 'mcp-session-id': sessionId });
    expect(error).toMatchObject({ code: 504, data: { outcome: 'unknown', callId: 'call-lost' } });
    expect(await stateOf('lost')).toBe('unknown');
    expect(rig.reached).toEqual([]);
  });

  test('and its instance can be asked only later, the unknown call is settled then', async () => {
    await leaveRow('later', 60_000);
    await rig.ask('treasury', 'payments', call('later'), { 'mcp-session-id': sessionId });
    expect(await stateOf('later')).toBe('unknown');
    rig.kept.set('call-later', paid);
    const { result } = await rig.ask('treasury', 'payments', call('later'), { 'mcp-session-id': sessionId });
    expect(result).toMatchObject({
      content: [{ text: 'paid once' }],
      _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed', replayed: true } },
    });
    expect(await stateOf('later')).toBe('confirmed');
  });

  test('an owner that lives after all settles what was taken for unknown', async () => {
    const row = await leaveRow('late', 60_000);
    await rig.ask('treasury', 'payments', call('late'), { 'mcp-session-id': sessionId });
    expect(await rig.gateway.ledger.advance(row, 'confirmed', { result: '{"content":[]}' })).toBe(true);
    const { result } = await rig.ask('treasury', 'payments', call('late'), { 'mcp-session-id': sessionId });
    expect(result).toMatchObject({ content: [], _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed', replayed: true } } });
  });
});
