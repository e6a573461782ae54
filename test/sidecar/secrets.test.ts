import { afterEach, expect, test } from '@jest/globals';
import { JSON_TYPE, opensSession, type RawServer, resultOf, SSE_TYPE, startRawServer } from './raw-server';
import { call, contextHeader, initialize, post, postInit, type StartedSidecar, startSidecar, stopAll, until } from './started';

const KEY = 'sk-live-51H8xQ"2eZvKYlo\\2C';
const ENVIRONMENT = { MCP_FLEET_SECRET_STRIPE_KEY: KEY, MCP_FLEET_SECRET_PIN: '1234' };
const CONFIG = { secrets: Object.keys(ENVIRONMENT) };
const MASKED = '[secret STRIPE_KEY]';

let server: RawServer | undefined;
let sidecar: StartedSidecar | undefined;

afterEach(async () => {
  await stopAll([sidecar?.process]);
  await server?.close();
  server = undefined;
});

const start = async (answer: Parameters<typeof startRawServer>[0]) => {
  server = await startRawServer((heard, response) => opensSession(heard, response) || answer(heard, response));
  sidecar = await startSidecar({ kind: 'http', url: server.url }, CONFIG, ENVIRONMENT);
  return sidecar;
};
const progress = (message: string) =>
  `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress: 1, message } })}\n\n`;

test('what a server shows of its secrets does not leave in a body, a header or an error, and is counted once for each answer', async () => {
  const { url, event, output } = await start((heard, response) => {
    const text = `${KEY} ${JSON.stringify({ KEY })} ${Buffer.from(`key=${KEY}`).toString('base64')} ${encodeURIComponent(KEY)}`;
    const status = heard.message.params.name === 'fails' ? 500 : 200;
    response.writeHead(status, { ...JSON_TYPE, 'x-debug': `key ${Buffer.from(KEY).toString('hex')}` });
    response.end(resultOf(heard, { content: [{ type: 'text', text }] }));
  });

  for (const name of ['shows', 'fails']) {
    const response = await post(url, call(name));
    const text = await response.text();
    const { result } = JSON.parse(text) as { result: { content: [{ text: string }] } };
    expect(result.content[0].text.split(MASKED)).toHaveLength(5);
    expect(response.headers.get('x-debug')).toBe(`key ${MASKED}`);
    expect(text).not.toContain('sk-live');
  }
  expect(await event('secret_leak_blocked')).toMatchObject({ secret: 'STRIPE_KEY', how: 'masked', agent: 'agent-a' });
  expect(await event('secrets_too_short_to_guard')).toMatchObject({ secrets: ['PIN'] });
  expect(output()).not.toContain('sk-live');
});

test('an answer that is kept for who comes back is masked, too', async () => {
  const { url } = await start((heard, response) => {
    response.writeHead(200, SSE_TYPE).end(`event: message\ndata: ${resultOf(heard, { content: [{ type: 'text', text: KEY }] })}\n\n`);
  });
  const claimed = contextHeader({ claimed: true, callId: 'c-1' });
  expect(await (await fetch(url, postInit(call('shows'), claimed))).text()).toContain(MASKED);
  const kept = await (await fetch(url.replace('/mcp', '/orphans/c-1'), { headers: contextHeader() })).text();
  expect(kept).toContain(MASKED);
  expect(kept).not.toContain('sk-live');
});

test('one that is cut into chunks in the midst of it is found', async () => {
  const { url } = await start(async (heard, response) => {
    response.writeHead(200, SSE_TYPE);
    const event = `${progress('begun')}event: message\ndata: ${resultOf(heard, { content: [{ type: 'text', text: KEY }] })}\n\n`;
    for (const character of event) {
      response.write(character);
      await new Promise((done) => setImmediate(done));
    }
    response.end();
  });
  const text = await (await post(url, call('shows'))).text();
  expect(text).toContain(`"text":"${MASKED}"`);
  expect(text).toContain('"message":"begun"');
});

test('a stream whose messages tell one in pieces ends with the piece that makes it whole', async () => {
  let left = false;
  const { url, event, output } = await start((_, response) => {
    response.once('close', () => {
      left = true;
    });
    response.writeHead(200, SSE_TYPE);
    const [first, second] = [KEY.slice(0, 9), KEY.slice(9)];
    response.write(progress(`the key begins with ${first}`));
    setImmediate(() => response.write(progress(`${second} is its end`)));
  });
  const text = await (await post(url, call('shows', 7))).text();
  expect(text).toContain('sk-live-5');
  expect(text).not.toContain('H8xQ');
  const [, last] = /data: (.*secret_told.*)\n/.exec(text) ?? [];
  expect(JSON.parse(last as string)).toMatchObject({
    id: 7,
    error: { data: { error: 'OUTCOME_UNKNOWN', sidecar: { reason: 'secret_told' } } },
  });
  expect(await event('secret_leak_blocked')).toMatchObject({ secret: 'STRIPE_KEY', how: 'told' });
  expect(output()).not.toContain('H8xQ');
  await until(() => left, 'the server to be left');
});

test.each(['answers', 'streams'])(
  'of a secret that %s of several calls tell one agent in thirds, the last third does not leave',
  async (kind) => {
    const third = (name: string) => KEY.slice(Number(name) * 9, (Number(name) + 1) * 9);
    const { url, event, output } = await start((heard, response) => {
      const text = resultOf(heard, {
        content: [{ type: 'text', text: `part ${heard.message.params.name}: ${third(heard.message.params.name as string)}` }],
      });
      if (kind === 'answers') response.writeHead(200, JSON_TYPE).end(text);
      else response.writeHead(200, SSE_TYPE).end(`event: message\ndata: ${text}\n\n`);
    });
    const told = async (name: string, agent = 'agent-a') => {
      const response = await fetch(url, postInit(call(name), contextHeader({ agent })));
      return { status: response.status, reason: response.headers.get('mcp-fleet-reason'), text: await response.text().catch(() => '') };
    };
    expect((await told('0')).text).toContain('sk-live');
    expect((await told('1')).text).toContain('part 1: ');
    // To another agent it is the first.
    expect((await told('2', 'agent-b')).text).toContain('KYlo');
    const last = await told('2');
    expect(last.text).not.toContain('KYlo');
    if (kind === 'answers') expect(last).toMatchObject({ status: 502, reason: 'secret_told', text: expect.stringContaining('STRIPE_KEY') });
    expect(await event('secret_leak_blocked')).toMatchObject({ secret: 'STRIPE_KEY', how: 'told', agent: 'agent-a' });
    expect((await told('0')).text).not.toContain('sk-live');
    expect(output()).not.toContain('KYlo');
  },
);

test('of a child neither its answer nor its last words tell one', async () => {
  const script = `process.stderr.write('cannot log in with ' + process.env.STRIPE_KEY + '\\n'); process.exit(1)`;
  sidecar = await startSidecar(
    { kind: 'stdio', command: [process.execPath, '-e', script], environment: ['STRIPE_KEY'] },
    { secrets: ['STRIPE_KEY'] },
    { STRIPE_KEY: KEY },
  );
  await (await post(sidecar.url, initialize)).text();
  const words = await sidecar.event('child_last_words');
  expect(JSON.stringify(words)).not.toContain('sk-live');
  expect(words.words).toContain('STRIPE_KEY]');
});

test('a sidecar that is not given what it is to keep in does not start', async () => {
  sidecar = await startSidecar({ kind: 'http', url: 'http://127.0.0.1:9/mcp' }, { secrets: ['MCP_FLEET_SECRET_GONE'] });
  expect((await sidecar.event('not_started')).reason).toContain('MCP_FLEET_SECRET_GONE must hold secrets of the server; got nothing');
});
