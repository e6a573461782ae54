import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { agentId } from '../../core/agent';
import { entry, ISSUER, startAllowlist } from './allowlist-table';
import { bundleFunction, type StartedFunction, startFunction } from './runtime-api';

type Table = Awaited<ReturnType<typeof startAllowlist>>;
interface Put {
  Status: string;
  Reason?: string;
  PhysicalResourceId: string;
  [member: string]: unknown;
}

let table: Table;
let sync: StartedFunction;
/** Stands where CloudFormation waits for the answer, on a real socket. */
let cloudFormation: Server;
let answers: { path: string; contentType: string | undefined; body: Put }[];
let refusals: number;
let subject: string;
let tests = 0;

beforeAll(async () => {
  table = await startAllowlist();
  sync = await startFunction(bundleFunction('allowlist-sync'), table.environment);
  cloudFormation = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (refusals > 0) {
      refusals--;
      response.writeHead(503).end();
      return;
    }
    answers.push({ path: `${request.method} ${request.url}`, contentType: request.headers['content-type'], body: JSON.parse(body) });
    response.end();
  }).listen(0, '127.0.0.1');
  await once(cloudFormation, 'listening');
}, 30_000);

afterAll(async () => {
  await sync.stop();
  await table.stop();
  cloudFormation.close();
});

beforeEach(() => {
  answers = [];
  refusals = 0;
  subject = `agent-${++tests}`;
});

const id = () => agentId({ issuer: ISSUER, subject });
const rows = async () => (await table.rows()).filter(({ agent }) => agent === id());

function event(RequestType: 'Create' | 'Update' | 'Delete', grants: unknown, more: Record<string, unknown> = {}) {
  return {
    RequestType,
    ResponseURL: `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}/answer?X-Amz-Signature=abc`,
    StackId: 'arn:aws:cloudformation:eu-central-1:1:stack/acme/1',
    RequestId: 'request-1',
    LogicalResourceId: 'SupportAllowlist',
    ResourceType: 'Custom::McpFleetAllowlist',
    ...(RequestType !== 'Create' && { PhysicalResourceId: id() }),
    ResourceProperties: { ServiceToken: 'arn', Issuer: ISSUER, Subject: subject, Name: 'support', Grants: grants },
    ...more,
  };
}

describe('Custom::McpFleetAllowlist', () => {
  test('Create writes one row per grant and answers with the agent id', async () => {
    await sync.invoke(
      event('Create', [
        { Server: 'payments', Tools: ['refund'] },
        { Server: 'memory', Tools: ['*'], ExpiresAt: '1900000000' },
      ]),
    );
    expect(await rows()).toEqual([
      {
        ...entry(subject, 'memory', 'allow', ['*']),
        name: 'support',
        expiresAt: 1900000000,
        writer: expect.stringContaining('/SupportAllowlist'),
      },
      { ...entry(subject, 'payments', 'allow', ['refund']), name: 'support', writer: expect.stringContaining('/SupportAllowlist') },
    ]);
    expect(answers).toEqual([
      {
        path: 'PUT /answer?X-Amz-Signature=abc',
        contentType: '',
        body: {
          Status: 'SUCCESS',
          PhysicalResourceId: id(),
          Data: { AgentId: id() },
          StackId: 'arn:aws:cloudformation:eu-central-1:1:stack/acme/1',
          RequestId: 'request-1',
          LogicalResourceId: 'SupportAllowlist',
        },
      },
    ]);
  });

  test('resources and prompts stand beside the tools of their row', async () => {
    await sync.invoke(event('Create', [{ Server: 'docs', Tools: [], Resources: ['docs://a/*'], Prompts: ['*'] }]));
    expect(await rows()).toMatchObject([{ server: 'docs', tools: [], resources: ['docs://a/*'], prompts: ['*'] }]);
    await sync.invoke(event('Update', [{ Server: 'docs', Tools: ['find'] }]));
    expect((await rows()).map(({ tools, resources }) => [tools, resources])).toEqual([[['find'], undefined]]);
  });

  test('bounds and denials become rows, with numbers for what CloudFormation made texts; a denial that is gone is removed', async () => {
    const rule = { tool: 'refund', when: { amount: { atMost: '10' } }, atMost: { calls: 3, per: 'hour' } };
    const Rules = [{ ...rule, atMost: { calls: '3', per: 'hour' } }];
    const grant = { Server: 'payments', Tools: ['balance'], Rules };
    await sync.invoke(event('Create', [grant, { Server: 'payments', Effect: 'deny', Tools: ['transfer'] }]));
    expect(await rows()).toMatchObject([
      { entry: 'payments#allow#cdk', effect: 'allow', tools: ['balance'], rules: [rule] },
      { entry: 'payments#deny#cdk', effect: 'deny', tools: ['transfer'] },
    ]);
    await sync.invoke(event('Update', [grant]));
    expect((await rows()).map(({ entry }) => entry)).toEqual(['payments#allow#cdk']);
  });

  test("an agent's own terms stand in each of its rows", async () => {
    const grants = [
      { Server: 'payments', Tools: ['refund'] },
      { Server: 'memory', Tools: ['*'] },
    ];
    const properties = event('Create', grants).ResourceProperties;
    const Terms = { Weight: '3', SessionBudget: { PerTask: '20', PerAgent: '100' } };
    await sync.invoke(event('Create', grants, { ResourceProperties: { ...properties, Terms } }));
    const terms = { weight: 3, sessionBudget: { perTask: 20, perAgent: 100 } };
    expect((await rows()).map((row) => row.terms)).toEqual([terms, terms]);
    await sync.invoke(event('Update', grants));
    expect((await rows()).map((row) => row.terms)).toEqual([undefined, undefined]);
  });

  test('its line says which name the id has', async () => {
    await sync.invoke(event('Create', [{ Server: 'payments', Tools: ['refund'] }]));
    const line = sync.output().trim().split('\n').at(-1) as string;
    expect(JSON.parse(line)).toMatchObject({ event: 'allowlist_sync', level: 'info', agent: id(), name: 'support', grants: 1 });
  });

  test('a grant names whatever a server may list, up to what a row holds', async () => {
    const long = Array.from({ length: 97 }, (_, at) => String(at).padStart(1024, '0'));
    const tools = ['files/read', 'two words', 'überweisen 💶', 'a,b', '__proto__', ...long];
    await sync.invoke(event('Create', [{ Server: 'files', Tools: tools }]));
    expect(answers[0]?.body).toMatchObject({ Status: 'SUCCESS' });
    expect((await rows()).map((row) => row.tools)).toEqual([tools]);
  });

  test('Update replaces tools, removes grants that are gone, and leaves what others wrote', async () => {
    await sync.invoke(
      event('Create', [
        { Server: 'payments', Tools: ['refund'] },
        { Server: 'memory', Tools: ['*'] },
      ]),
    );
    await table.put(entry(subject, 'memory', 'allow', ['read_graph'], { source: 'operator' }));
    await table.put(entry(subject, 'payments', 'deny', ['*'], { source: 'revoke' }));
    await sync.invoke(event('Update', [{ Server: 'payments', Tools: ['balance'] }]));
    expect((await rows()).map(({ entry, tools }) => [entry, tools])).toEqual([
      ['memory#allow#operator', ['read_graph']],
      ['payments#allow#cdk', ['balance']],
      ['payments#deny#revoke', ['*']],
    ]);
    expect(answers[1]?.body).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: id() });
  });

  test('Update to another subject answers with another id, so that CloudFormation deletes the old one', async () => {
    await sync.invoke(event('Create', [{ Server: 'payments', Tools: ['refund'] }]));
    const old = id();
    subject = `${subject}-renamed`;
    await sync.invoke(event('Update', [{ Server: 'payments', Tools: ['refund'] }], { PhysicalResourceId: old }));
    expect(answers[1]?.body.PhysicalResourceId).toBe(id());
    expect(await rows()).toHaveLength(1);
  });

  test('Delete removes the rows of construct code and no others; again it changes nothing', async () => {
    await sync.invoke(event('Create', [{ Server: 'payments', Tools: ['refund'] }]));
    await table.put(entry(subject, 'payments', 'deny', ['*'], { source: 'revoke' }));
    await sync.invoke(event('Delete', [{ Server: 'payments', Tools: ['refund'] }]));
    await sync.invoke(event('Delete', 'broken properties do not hinder a Delete'));
    expect((await rows()).map(({ entry }) => entry)).toEqual(['payments#deny#revoke']);
    expect(answers.map(({ body }) => body.Status)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
  });

  test('a renamed agent keeps its grants: the new resource takes them over before the old one is deleted', async () => {
    const grants = [{ Server: 'payments', Tools: ['refund'] }];
    await sync.invoke(event('Create', grants));
    await sync.invoke(event('Create', grants, { LogicalResourceId: 'RenamedAllowlist' }));
    await sync.invoke(event('Delete', grants));
    expect((await rows()).map(({ entry }) => entry)).toEqual(['payments#allow#cdk']);
    await sync.invoke(event('Delete', grants, { LogicalResourceId: 'RenamedAllowlist' }));
    expect(await rows()).toEqual([]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['a missing subject', { Subject: undefined }, 'Subject must be a non-empty string; got nothing'],
    ['an issuer that is no URL', { Issuer: 'login' }, 'Issuer must be an absolute URL; got "login"'],
    ['a weight that is none', { Terms: { Weight: '0' } }, 'Terms must be whole numbers, Weight of 1 to 100'],
    ['a budget that is none', { Terms: { SessionBudget: { PerTask: 'many' } } }, 'SessionBudget.PerTask of 1 to 1000'],
    ['grants that are no list', { Grants: 'all' }, 'Grants must be a list; got "all"'],
    ['a server name that cannot be', { Grants: [{ Server: 'A#b', Tools: ['*'] }] }, 'Grants[0].Server must match'],
    ['nothing named', { Grants: [{ Server: 'a', Tools: [] }] }, 'Grants[0] must name 1 to 1000 tools, resources and prompts'],
    [
      'a pattern that covers nothing',
      { Grants: [{ Server: 'a', Resources: ['a/../b'] }] },
      'Grants[0].Resources must be a list of patterns',
    ],
    ['bounds of nobody', { Grants: [{ Server: 'a', Rules: [{ tool: 'x', unless: {} }] }] }, 'Grants[0].Rules must be bounds of tools'],
    [
      'bounds of a deny',
      { Grants: [{ Server: 'a', Effect: 'deny', Tools: ['x'], Rules: [{ tool: 'y' }] }] },
      'Grants[0].Rules must be bounds',
    ],
    ['an effect that is none', { Grants: [{ Server: 'a', Effect: 'maybe', Tools: ['x'] }] }, 'Grants[0].Effect must be'],
    ['a prompt without a name', { Grants: [{ Server: 'a', Prompts: [''] }] }, 'Grants[0].Prompts must be a list of patterns'],
    ['a tool without a name', { Grants: [{ Server: 'a', Tools: ['x', ''] }] }, 'Grants[0].Tools must be a list'],
    ['a tool that is no text', { Grants: [{ Server: 'a', Tools: ['x\ud800'] }] }, 'Grants[0].Tools must be a list'],
    ['a tool that no call can name', { Grants: [{ Server: 'a', Tools: ['x'.repeat(1025)] }] }, 'Grants[0].Tools must be a list'],
    ['more than a row holds', { Grants: [{ Server: 'a', Tools: Array(101).fill('x'.repeat(1000)) }] }, 'of 100000 bytes in all'],
    ['more tools than a grant names', { Grants: [{ Server: 'a', Tools: Array(1001).fill('x') }] }, 'must name 1 to 1000 tools'],
    [
      'an expiry that is no time',
      { Grants: [{ Server: 'a', Tools: ['*'], ExpiresAt: 'soon' }] },
      'Grants[0].ExpiresAt must be whole seconds since the epoch; got "soon"',
    ],
    [
      'one server twice',
      {
        Grants: [
          { Server: 'a', Tools: ['x'] },
          { Server: 'a', Tools: ['y'] },
        ],
      },
      'Grants has the allow of the server "a" twice',
    ],
  ])('%s is FAILED with its reason, nothing is written, and a later Delete of it succeeds', async (_, properties, reason) => {
    const broken = event('Create', [{ Server: 'payments', Tools: ['*'] }]);
    await sync.invoke({ ...broken, ResourceProperties: { ...broken.ResourceProperties, ...properties } });
    expect(answers).toHaveLength(1);
    expect(answers[0]?.body).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining(reason),
      PhysicalResourceId: expect.stringMatching(/./),
    });
    expect(await rows()).toEqual([]);
    await sync.invoke(event('Delete', [], { PhysicalResourceId: answers[0]?.body.PhysicalResourceId }));
    expect(answers[1]?.body.Status).toBe('SUCCESS');
  });

  test('a table that cannot be written is FAILED with the reason of DynamoDB', async () => {
    const broken = await startFunction(bundleFunction('allowlist-sync'), { ...table.environment, ALLOWLIST_TABLE: 'no-such-table' });
    try {
      await broken.invoke(event('Create', [{ Server: 'payments', Tools: ['*'] }]));
      expect(answers[0]?.body).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/resource not found/i) });
    } finally {
      await broken.stop();
    }
  });

  test('an answer that is refused twice is sent a third time', async () => {
    refusals = 2;
    expect((await sync.invoke(event('Create', []))).error).toBeUndefined();
    expect(answers).toHaveLength(1);
  });

  test('an answer that cannot be delivered fails the invocation, and no contradicting one follows', async () => {
    refusals = 3;
    const { error } = await sync.invoke(event('Create', [{ Server: 'payments', Tools: ['*'] }]));
    expect(error?.errorMessage).toContain('could not be answered in 3 attempts: status 503');
    expect(answers).toEqual([]);
  });

  test.each(['http://169.254.169.254/latest', 'file:///etc/passwd', 'no url'])(
    'nothing is done for the answer address %s',
    async (ResponseURL) => {
      const { error } = await sync.invoke(event('Create', [{ Server: 'payments', Tools: ['*'] }], { ResponseURL }));
      expect(error?.errorMessage).toContain('ResponseURL must be at an https address');
      expect(await rows()).toEqual([]);
      expect(sync.output()).not.toContain('X-Amz-Signature');
    },
  );
});
