import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cli, type Fleet, startFleet } from './fleet';

/** An agent is cut off and let in again, from the shell. */

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet('--no-checks');
});
afterAll(async () => {
  await fleet?.stop();
});

const json = async (...args: string[]) => JSON.parse((await cli([...args, '--json'])).stdout);
const BALANCE = ['call', 'treasury@payments', 'balance', '{"account":"operating"}'];

const headersOf = async (session?: string) => ({
  authorization: `Bearer ${await fleet.account.token('treasury')}`,
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  ...(session !== undefined && { 'mcp-session-id': session }),
});
const post = async (method: string, params: object, session?: string): Promise<Response> =>
  fetch(`${fleet.baseUrl}/payments/mcp`, {
    method: 'POST',
    headers: await headersOf(session),
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });

/** A session, and the stream that its agent listens to. */
async function listen(): Promise<{ readonly session: string; readonly ended: Promise<void> }> {
  const opened = await post('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'e2e', version: '1' } });
  await opened.text();
  const session = opened.headers.get('mcp-session-id') as string;
  const { 'content-type': _, ...headers } = await headersOf(session);
  const stream = await fetch(`${fleet.baseUrl}/payments/mcp`, { headers: { ...headers, accept: 'text/event-stream' } });
  expect(stream.status).toBe(200);
  const ended = stream.text().then(
    () => undefined,
    () => undefined,
  );
  return { session, ended };
}

test('an agent that is revoked is cut off at every gateway, streams and sessions included, until it is undone', async () => {
  expect((await cli(BALANCE)).code).toBe(0);
  const { session, ended } = await listen();

  const said = await cli(['revoke', 'treasury', '--reason', 'looks for a leak', '--by', 'e2e']);
  expect(said).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^treasury is cut off until it is undone; \d+ sessions? ended\.\n$/),
  });
  await ended;
  for (let turn = 0; turn < 6; turn++) expect((await post('tools/list', {}, session)).status).toBe(403);
  expect((await cli(BALANCE)).code).toBe(3);
  const { sessions } = await json('sessions');
  expect(sessions.filter(({ subject }: { subject: string }) => subject === 'agent-treasury')).toEqual([]);

  const why = await cli(['explain', '--agent', 'treasury', '--server', 'payments', '--tool', 'balance']);
  expect(why.code).toBe(3);
  expect(why.stdout).toMatch(/^denied {2}an explicit deny \(operator\)/);
  expect(why.stdout).toMatch(/\*#deny#operator +denied +no +e2e: looks for a leak/);

  expect((await cli(['revoke', 'treasury', '--undo'])).stdout).toBe('treasury may again what it is granted.\n');
  expect((await cli(['revoke', 'treasury', '--undo'])).code).toBe(3);
  expect((await cli(['explain', '--agent', 'treasury', '--server', 'payments', '--tool', 'balance'])).code).toBe(0);
  const { rows } = await json('explain', '--agent', 'treasury', '--server', 'payments', '--tool', 'balance');
  expect(rows).toMatchObject([{ entry: { entry: 'payments#allow#cdk' }, says: 'allows', inCode: true }]);
});

test('explain is about resources, prompts and arguments, too, and says what it cannot', async () => {
  const resource = ['explain', '--agent', 'research', '--server', 'everything', '--resource'];
  expect((await cli([...resource, 'demo://resource/dynamic/text/1'])).code).toBe(0);
  expect((await cli([...resource, 'demo://resource/../x'])).stdout).toMatch(/not all read this URI alike/);
  expect(await json('explain', '--agent', 'support', '--server', 'payments', '--prompt', 'x')).toMatchObject({
    allowed: false,
    kind: 'prompt',
  });
  expect(await cli(['explain', '--agent', 'support', '--server', 'payments'])).toMatchObject({ code: 2 });
  expect(await cli(['explain', '--agent', 'support', '--server', 'paymens', '--tool', 'x'])).toMatchObject({ code: 2 });
  expect(await cli(['explain', '--agent', 'nobody', '--server', 'payments', '--tool', 'x'])).toMatchObject({ code: 2 });
});
