import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { answer, grant, type Rig, startRig } from './rig';

let rig: Rig;
/** Instances that are alive, and which of them got how many calls. */
let alive: string[];
let calls: string[];

beforeAll(async () => {
  rig = await startRig({ browser: { affinity: 'agent' }, basket: { affinity: 'task' }, plain: {} });
  for (const subject of ['a', 'b']) for (const server of ['browser', 'basket', 'plain']) await grant(rig, subject, server, ['*']);
});
afterAll(() => rig.stop());

/** A load balancer that goes round robin without a cookie, and with one to its instance while that lives. */
beforeEach(() => {
  alive = ['task-1', 'task-2', 'task-3'];
  calls = [];
  let next = 0;
  rig.upstream = (request, response, body) => {
    const wanted = /AWSALB=to-(\S+)/.exec(request.headers.cookie ?? '')?.[1];
    const instance = wanted !== undefined && alive.includes(wanted) ? wanted : (alive[next++ % alive.length] as string);
    const { id, method } = JSON.parse(body);
    if (method === 'tools/call') calls.push(instance);
    const result = method === 'tools/list' ? { tools: [] } : { resultType: 'complete', content: [] };
    answer(response, { jsonrpc: '2.0', id, result }, { 'mcp-fleet-instance': instance, 'set-cookie': `AWSALB=to-${instance}; Path=/` });
  };
});

async function call(subject: string, server: string, task = 't'): Promise<void> {
  const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'cdk-mcp-fleet/taskId': task };
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'click', arguments: {}, _meta } };
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'click' };
  expect((await rig.ask(subject, server, body, headers)).result).toBeDefined();
}

const distinct = () => new Set(calls).size;

describe('the sessionless calls', () => {
  test('of one agent go to one instance, also when they come all at once', async () => {
    await Promise.all(Array.from({ length: 9 }, (_, n) => call('a', 'browser', `t${n}`)));
    expect([calls.length, distinct()]).toEqual([9, 1]);
  });

  test('follow together when that instance is gone', async () => {
    await call('a', 'browser');
    alive = alive.filter((instance) => instance !== calls[0]);
    await call('a', 'browser');
    await call('a', 'browser');
    expect(calls[1]).toBe(calls[2]);
    expect(calls[1]).not.toBe(calls[0]);
  });

  test('of one task go to one instance', async () => {
    for (const task of ['t1', 't2', 't3']) for (let n = 0; n < 3; n++) await call('b', 'basket', task);
    expect([distinct(), calls[0] === calls[1] && calls[1] === calls[2]]).toEqual([3, true]);
  });

  test('of a server without affinity go anywhere', async () => {
    for (let n = 0; n < 3; n++) await call('a', 'plain');
    expect(distinct()).toBe(3);
  });
});
