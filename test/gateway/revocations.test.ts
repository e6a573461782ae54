import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { agentId } from '../../core/agent';
import { REVOCATIONS_KEY, type Revocation } from '../../core/revocation';
import { sessionKey } from '../../core/session-key';
import { Revocations } from '../../gateway/revocations';
import { call, INITIALIZE } from './reading/messages';
import { openSession } from './reading/serving';
import { allow, answer, askedId, grant, type Rig, startRig } from './rig';

let rig: Rig;
let tables: DynamoDBClient;
let held: (() => void)[] = [];
let news = 0;

beforeAll(async () => {
  rig = await startRig({ bank: {}, notes: {} });
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  tables = new DynamoDBClient({ endpoint: rig.tablesUrl, region: 'eu-central-1', credentials });
});
afterAll(async () => {
  tables.destroy();
  await rig.stop();
});

beforeEach(async () => {
  rig.allowlist.length = 0;
  rig.authorizerFails = false;
  for (const subject of ['former', 'other']) for (const server of ['bank', 'notes']) await grant(rig, subject, server, ['*']);
  rig.gateway.decisions.forget(idOf('former'));
  rig.reached.length = 0;
  rig.upstream = (request, response, body) => {
    if (request.method === 'DELETE') return answer(response, {});
    if (request.method === 'GET')
      return void response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-fleet-instance': 'task-1' }).write(':\n\n');
    const { method, params } = JSON.parse(body);
    const id = askedId(response);
    if (method === 'initialize')
      return answer(
        response,
        { jsonrpc: '2.0', id, result: { protocolVersion: '2025-11-25', capabilities: {} } },
        { 'mcp-session-id': 'u-1' },
      );
    const done = () => answer(response, { jsonrpc: '2.0', id, result: { content: [] } });
    if (params?.name === 'slow') held.push(done);
    else done();
  };
});
afterEach(() => {
  for (const let_go of held) let_go();
  held = [];
});

const idOf = (subject: string) => agentId({ issuer: rig.gateway.config.identity.issuer, subject });

/** What `mcp-fleet revoke` writes, and how a gateway hears of it. */
async function revoke(
  server: string,
  sessions: readonly string[] = [],
  row: 'denied' | 'nothing' = 'denied',
  by = [rig.gateway.revocations],
): Promise<void> {
  if (row === 'denied') await allow(rig, 'former', server, { effect: 'deny', tools: ['*'], source: 'operator' });
  const revocation: Revocation = { id: String(++news), at: Date.now(), agent: idOf('former'), server, sessions };
  await tables.send(
    new PutItemCommand({
      TableName: 'directory',
      Item: { session: { S: REVOCATIONS_KEY }, news: { SS: [JSON.stringify(revocation)] } },
    }),
  );
  await Promise.all(by.map((replica) => replica.look()));
}

/** A stream or a call that stays open, and whether it has ended. */
async function open(subject: string, method: 'GET' | 'POST', session: string, body?: object) {
  const headers = {
    authorization: `Bearer ${await rig.token(subject)}`,
    'mcp-session-id': session,
    accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
    ...(body && { 'content-type': 'application/json' }),
  };
  const sent = httpRequest(`${rig.url}/bank/mcp`, { method, headers });
  let text = '';
  const ended = new Promise<string>((resolve) => {
    sent
      .on('error', () => resolve(text))
      .on('response', (response: IncomingMessage) => {
        response
          .on('data', (piece) => (text += piece))
          .on('close', () => resolve(text))
          .on('error', () => undefined);
      });
  });
  if (method === 'GET') {
    const begun = once(sent, 'response');
    sent.end();
    const [response] = (await begun) as [IncomingMessage];
    expect(response.headers['content-type']).toBe('text/event-stream');
  } else {
    sent.end(JSON.stringify(body));
  }
  return { ended };
}

const until = async (what: () => boolean) => {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('an agent that is revoked', () => {
  test('is refused at once, though its decision would live for half a minute', async () => {
    expect((await rig.ask('former', 'bank', call('fast'))).result).toBeDefined();
    await revoke('*');
    expect((await rig.post('former', 'bank', call('fast'))).status).toBe(403);
    expect((await rig.post('former', 'notes', call('fast'))).status).toBe(403);
  });

  test('on one server goes on with the others', async () => {
    await revoke('bank');
    expect((await rig.post('former', 'bank', call('fast'))).status).toBe(403);
    expect((await rig.ask('former', 'notes', call('fast'))).result).toBeDefined();
  });

  test('has its streams ended; those of others stay', async () => {
    const own = await open('former', 'GET', await openSession(rig, 'former', 'bank', INITIALIZE));
    const session = await openSession(rig, 'other', 'bank', INITIALIZE);
    let othersEnded = false;
    const others = await open('other', 'GET', session);
    void others.ended.then(() => (othersEnded = true));
    await revoke('*');
    await own.ended;
    expect(othersEnded).toBe(false);
    for (const { exchange } of rig.gateway.admission.underWay) exchange.reply.end();
    await others.ended;
  });

  test('gets no answer of a call that runs; the ledger settles it', async () => {
    const session = await openSession(rig, 'former', 'bank', INITIALIZE);
    const running = await open('former', 'POST', session, call('slow', { n: 1 }, 'cut-1'));
    await until(() => held.length > 0);
    await revoke('*');
    expect(await running.ended).not.toContain('content');
    for (const go of held.splice(0)) go();
    let state: string | undefined;
    while (state !== 'confirmed') state = (await rig.rows()).find(({ idempotencyKey }) => idempotencyKey === 'cut-1')?.state;
    expect(state).toBe('confirmed');
  });

  test('has its sessions ended in the directory and at their server, by one replica', async () => {
    const session = await openSession(rig, 'former', 'bank', INITIALIZE);
    rig.reached.length = 0;
    // Two replicas hear of it; neither waits for calls here.
    const replicas = [new Revocations(rig.gateway, 0), new Revocations(rig.gateway, 0)];
    await revoke('*', [sessionKey(session)], 'denied', replicas);
    await until(() => rig.reached.length > 0);
    const row = (await rig.sessions()).find((one) => one.session === sessionKey(session));
    expect(row?.closedAt).toEqual(expect.any(Number));
    expect(rig.reached.map(({ line, headers }) => [line, headers['mcp-session-id']])).toEqual([['DELETE /bank/mcp', 'u-1']]);
  });

  test('is cut off where nobody can decide, too', async () => {
    const stream = await open('former', 'GET', await openSession(rig, 'former', 'bank', INITIALIZE));
    rig.authorizerFails = true;
    await revoke('*', [], 'nothing');
    await stream.ended;
  });

  test('is let in again as soon as the denial is gone', async () => {
    await revoke('*');
    expect((await rig.post('former', 'bank', call('fast'))).status).toBe(403);
    rig.allowlist.splice(0, rig.allowlist.length, ...rig.allowlist.filter(({ effect }) => effect === 'allow'));
    await revoke('*', [], 'nothing');
    expect((await rig.ask('former', 'bank', call('fast'))).result).toBeDefined();
  });
});

test('news alone cut nobody off who may go on', async () => {
  const session = await openSession(rig, 'former', 'bank', INITIALIZE);
  const running = await open('former', 'POST', session, call('slow', { n: 2 }, 'uncut'));
  await until(() => held.length > 0);
  await revoke('*', [], 'nothing');
  for (const go of held.splice(0)) go();
  expect(await running.ended).toContain('content');
});

test('a table that cannot be read is looked at again', async () => {
  rig.ledgerBreaks = true;
  await rig.gateway.revocations.look();
  rig.ledgerBreaks = false;
  await revoke('*');
  expect((await rig.post('former', 'bank', call('fast'))).status).toBe(403);
});
