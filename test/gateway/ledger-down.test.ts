import { expect, test } from '@jest/globals';
import { answer, grant, startRig } from './rig';

const call = (name: string) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, _meta: { 'cdk-mcp-fleet/idempotencyKey': name } },
});

test('without the ledger no write is sent and no read is answered', async () => {
  const rig = await startRig({ payments: { outcomeTool: true, tools: { balance: { effect: 'read_only', key: 'fenced' } } } });
  try {
    await grant(rig, 'treasury', 'payments', ['*']);
    rig.upstream = (_, response, body) => answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [] } });
    await rig.stopLedger();
    const write = await rig.ask('treasury', 'payments', call('transfer'));
    expect(write.error).toMatchObject({ code: 507, data: { outcome: 'not_executed', retry: 'safe' } });
    expect(rig.reached).toEqual([]);
    const asked = await rig.ask('treasury', 'payments', { ...call(''), params: { name: 'fleet_call_outcome', arguments: { key: 'k' } } });
    expect(asked.error).toMatchObject({ code: 507, data: { retry: 'safe' } });
    expect(rig.reached).toEqual([]);
    const read = await rig.ask('treasury', 'payments', call('balance'));
    expect(read.error).toMatchObject({ code: 507 });
    expect(read.result).toBeUndefined();
  } finally {
    await rig.stop();
  }
});

test('a ledger that fails after the execution does not take the result from the agent', async () => {
  const rig = await startRig({ payments: {} });
  try {
    await grant(rig, 'treasury', 'payments', ['*']);
    rig.upstream = async (_, response, body) => {
      await rig.stopLedger();
      answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [{ type: 'text', text: 'paid' }] } });
    };
    const { result } = await rig.ask('treasury', 'payments', call('transfer'));
    expect(result).toMatchObject({ content: [{ text: 'paid' }] });
  } finally {
    await rig.stop();
  }
});

test('and the row is settled as soon as the table takes writes again, although nobody asks', async () => {
  const rig = await startRig({ payments: {} });
  try {
    await grant(rig, 'treasury', 'payments', ['*']);
    rig.upstream = (_, response, body) => {
      rig.ledgerBreaks = true;
      answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [{ type: 'text', text: 'paid' }] } });
    };
    const { result } = await rig.ask('treasury', 'payments', call('transfer'));
    expect(result).toMatchObject({ content: [{ text: 'paid' }] });
    expect(rig.gateway.lateWrites.count).toBe(1);
    rig.ledgerBreaks = false;
    expect((await rig.rows()).map(({ state }) => state)).toEqual(['sent']);
    while (rig.gateway.lateWrites.count > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const [row] = await rig.rows();
    expect(row?.state).toBe('confirmed');
    expect(row?.result).toContain('paid');
    expect(row?.history?.at(-1)).toMatchObject({ state: 'confirmed', because: 'written late: the table took no writes' });
  } finally {
    await rig.stop();
  }
});

test('a replica that ends writes what it still can', async () => {
  const rig = await startRig({ payments: {} });
  try {
    await grant(rig, 'treasury', 'payments', ['*']);
    rig.upstream = (_, response, body) => {
      rig.ledgerBreaks = true;
      answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [] } });
    };
    await rig.ask('treasury', 'payments', call('transfer'));
    rig.ledgerBreaks = false;
    await rig.gateway.lateWrites.flush();
    expect((await rig.rows()).map(({ state }) => state)).toEqual(['confirmed']);
  } finally {
    await rig.stop();
  }
});

test('a call that was refused because the ledger is away gets its audit row when the ledger is back', async () => {
  const rig = await startRig({ payments: {} });
  try {
    await grant(rig, 'treasury', 'payments', ['*']);
    rig.ledgerBreaks = true;
    const { error } = await rig.ask('treasury', 'payments', call('transfer'));
    expect(error).toMatchObject({ code: 507, data: { outcome: 'not_executed' } });
    rig.ledgerBreaks = false;
    await rig.gateway.lateWrites.flush();
    expect(await rig.rows()).toMatchObject([{ callId: error.data.callId, state: 'not_executed', tool: 'transfer' }]);
    expect(rig.reached).toEqual([]);
  } finally {
    await rig.stop();
  }
});
