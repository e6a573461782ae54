import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { agentId } from '../../core/agent';
import { entry, ISSUER, startAllowlist } from './allowlist-table';
import { type GrantsBucket, startGrantsBucket } from './grants-bucket';
import { bundleFunction, type StartedFunction, startFunction } from './runtime-api';

type Table = Awaited<ReturnType<typeof startAllowlist>>;
interface Put {
  Status: string;
  Reason?: string;
  PhysicalResourceId: string;
  [member: string]: unknown;
}

let table: Table;
let bucket: GrantsBucket;
let sync: StartedFunction;
/** Stands where CloudFormation waits for the answer, on a real socket. */
let cloudFormation: Server;
let answers: { path: string; contentType: string | undefined; body: Put }[];
let refusals: number;
let subject: string;
let stack: string;
let tests = 0;

beforeAll(async () => {
  table = await startAllowlist();
  bucket = await startGrantsBucket();
  sync = await startFunction(bundleFunction('allowlist-sync'), { ...table.environment, ...bucket.environment });
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
  await bucket.stop();
  cloudFormation.close();
});

beforeEach(() => {
  answers = [];
  refusals = 0;
  subject = `agent-${++tests}`;
  stack = `arn:aws:cloudformation:eu-central-1:1:stack/acme/${tests}`;
});

const id = () => agentId({ issuer: ISSUER, subject });
const rows = async () => (await table.rows()).filter(({ agent }) => agent === id());
const allow = (server: string, tools: string[], more: object = {}) => ({ server, effect: 'allow', tools, ...more });
/** The document of a fleet in which one agent has these grants. */
const support = (grants: unknown, more: object = {}) => documentWith({ name: 'support', subject, grants, ...more });
const documentWith = (...agents: unknown[]) => ({ format: 1, issuer: ISSUER, agents });

type RequestType = 'Create' | 'Update' | 'Delete';

/** What CloudFormation asks, of the document that is put into the bucket for it. */
function event(RequestType: RequestType, document?: unknown, more: Record<string, unknown> = {}) {
  return {
    RequestType,
    ResponseURL: `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}/answer?X-Amz-Signature=abc`,
    StackId: stack,
    RequestId: 'request-1',
    LogicalResourceId: 'Grants',
    ResourceType: 'Custom::McpFleetGrants',
    ...(RequestType !== 'Create' && { PhysicalResourceId: 'Grants' }),
    ResourceProperties: { ServiceToken: 'arn', ServiceTimeout: '900', Values: [], ...bucket.put(document) },
    ...more,
  };
}

/** What it asks of a resource of a former version, which had one for each agent. */
function ofFormer(RequestType: RequestType) {
  return {
    ...event(RequestType),
    LogicalResourceId: 'SupportAllowlist',
    ResourceType: 'Custom::McpFleetAllowlist',
    PhysicalResourceId: id(),
    ResourceProperties: { ServiceToken: 'arn', Issuer: ISSUER, Subject: subject, Name: 'support', Grants: [] },
  };
}

describe('Custom::McpFleetGrants', () => {
  test('Create writes one row per grant of every agent, and says how many', async () => {
    const other = `${subject}-other`;
    await sync.invoke(
      event(
        'Create',
        documentWith(
          { name: 'support', subject, grants: [allow('payments', ['refund']), allow('memory', ['*'], { expiresAt: 1900000000 })] },
          { name: 'other', subject: other, grants: [allow('memory', ['read_graph'])] },
        ),
      ),
    );
    const writer = `${stack}/Grants`;
    expect(await rows()).toEqual([
      { ...entry(subject, 'memory', 'allow', ['*']), name: 'support', expiresAt: 1900000000, writer },
      { ...entry(subject, 'payments', 'allow', ['refund']), name: 'support', writer },
    ]);
    expect((await table.rows()).filter((row) => row.subject === other)).toHaveLength(1);
    expect(answers).toEqual([
      {
        path: 'PUT /answer?X-Amz-Signature=abc',
        contentType: '',
        body: {
          Status: 'SUCCESS',
          PhysicalResourceId: 'Grants',
          Data: { Grants: '3' },
          StackId: stack,
          RequestId: 'request-1',
          LogicalResourceId: 'Grants',
        },
      },
    ]);
  });

  test('what only the deployment knew is filled in', async () => {
    const asked = event('Create', {
      ...documentWith({ name: 'support', subject: { $value: 1 }, grants: [allow('a', ['x'])] }),
      issuer: { $value: 0 },
    });
    await sync.invoke({ ...asked, ResourceProperties: { ...asked.ResourceProperties, Values: [ISSUER, subject] } });
    expect(await rows()).toMatchObject([{ issuer: ISSUER, subject, tools: ['x'] }]);
  });

  test('an update writes what differs and nothing else, in batches', async () => {
    const many = (tools: string[]) =>
      documentWith(
        ...Array.from({ length: 60 }, (_, at) => ({
          name: `a${at}`,
          subject: `${subject}-${at}`,
          grants: [allow('a', at === 7 ? tools : ['x'])],
        })),
      );
    await sync.invoke(event('Create', many(['x'])));
    await sync.invoke(event('Update', many(['y'])));
    await sync.invoke(event('Update', many(['y'])));
    expect(answers.map(({ body }) => body.Status)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
    expect(lines().slice(-3)).toMatchObject([
      { request: 'Create', agents: 60, grants: 60, written: 60 },
      { request: 'Update', written: 1 },
      { request: 'Update', written: 0 },
    ]);
    const changed = (await table.rows()).filter((row) => row.subject.startsWith(`${subject}-`) && row.tools[0] === 'y');
    expect(changed.map((row) => row.name)).toEqual(['a7']);
  });

  test('resources, prompts, bounds and denials stand in their rows; what is gone is removed', async () => {
    const rules = [{ tool: 'refund', when: { amount: { atMost: '10' } }, atMost: { calls: 3, per: 'hour' } }];
    const docs = allow('docs', [], { resources: ['docs://a/*'], prompts: ['*'], rules });
    await sync.invoke(event('Create', support([docs, { server: 'docs', effect: 'deny', tools: ['transfer'] }])));
    expect(await rows()).toMatchObject([
      { entry: 'docs#allow#cdk', effect: 'allow', tools: [], resources: ['docs://a/*'], prompts: ['*'], rules },
      { entry: 'docs#deny#cdk', effect: 'deny', tools: ['transfer'] },
    ]);
    await sync.invoke(event('Update', support([allow('docs', ['find'])])));
    expect((await rows()).map(({ entry, tools, resources }) => [entry, tools, resources])).toEqual([
      ['docs#allow#cdk', ['find'], undefined],
    ]);
  });

  test("an agent's own terms stand in each of its rows", async () => {
    const terms = { weight: 3, sessionBudget: { perTask: 20, perAgent: 100 } };
    const grants = [allow('payments', ['refund']), allow('memory', ['*'])];
    await sync.invoke(event('Create', support(grants, { terms })));
    expect((await rows()).map((row) => row.terms)).toEqual([terms, terms]);
    await sync.invoke(event('Update', support(grants)));
    expect((await rows()).map((row) => row.terms)).toEqual([undefined, undefined]);
  });

  test('a grant names whatever a server may list, up to what a row holds', async () => {
    const long = Array.from({ length: 97 }, (_, at) => String(at).padStart(1024, '0'));
    const tools = ['files/read', 'two words', 'überweisen 💶', 'a,b', '__proto__', ...long];
    await sync.invoke(event('Create', support([allow('files', tools)])));
    expect(answers[0]?.body).toMatchObject({ Status: 'SUCCESS' });
    expect((await rows()).map((row) => row.tools)).toEqual([tools]);
  });

  test('an agent that is gone loses its rows; what others wrote stays', async () => {
    await sync.invoke(event('Create', support([allow('payments', ['refund']), allow('memory', ['*'])])));
    await table.put(entry(subject, 'memory', 'allow', ['read_graph'], { source: 'operator' }));
    await table.put(entry(subject, 'payments', 'deny', ['*'], { source: 'revoke' }));
    await sync.invoke(event('Update', documentWith()));
    expect((await rows()).map(({ entry }) => entry)).toEqual(['memory#allow#operator', 'payments#deny#revoke']);
  });

  test('Delete removes the rows of construct code and no others, nor those of another fleet; again it changes nothing', async () => {
    await sync.invoke(event('Create', support([allow('payments', ['refund'])])));
    await sync.invoke(event('Create', support([allow('memory', ['*'])]), { LogicalResourceId: 'OtherGrants' }));
    await table.put(entry(subject, 'payments', 'deny', ['*'], { source: 'revoke' }));
    await sync.invoke(event('Delete'));
    await sync.invoke(event('Delete'));
    expect((await rows()).map(({ entry }) => entry)).toEqual(['memory#allow#cdk', 'payments#deny#revoke']);
    expect(answers.map(({ body }) => body.Status)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS']);
  });

  test('a fleet that goes by another logical id keeps its grants: the new resource has them when the old one is deleted', async () => {
    await sync.invoke(event('Create', support([allow('payments', ['refund'])])));
    await sync.invoke(event('Create', support([allow('payments', ['refund', 'balance'])]), { LogicalResourceId: 'Moved' }));
    await sync.invoke(event('Delete'));
    expect((await rows()).map(({ tools, writer, heir, before }) => [tools, writer, heir, before])).toEqual([
      [['refund', 'balance'], `${stack}/Moved`, undefined, undefined],
    ]);
  });

  test('where that is rolled back, they are what they were', async () => {
    await sync.invoke(event('Create', support([allow('payments', ['refund'])])));
    const before = await rows();
    await sync.invoke(event('Create', support([allow('payments', ['*']), allow('memory', ['*'])]), { LogicalResourceId: 'Moved' }));
    expect((await rows()).map(({ tools }) => tools)).toEqual([['*'], ['*']]);
    await sync.invoke(event('Delete', undefined, { LogicalResourceId: 'Moved' }));
    expect(await rows()).toEqual(before);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['a missing subject', { agents: [{ name: 'a', grants: [] }] }, 'agents[0].subject must be a non-empty text; got nothing'],
    [
      'two agents of one subject',
      { agents: ['a', 'b'].map((name) => ({ name, subject: 's', grants: [] })) },
      'two agents have the subject "s"',
    ],
    ['an issuer that is no URL', { issuer: 'login' }, 'issuer must be an absolute URL; got "login"'],
    ['another format', { format: 2 }, 'format must be 1; got 2'],
    ['a weight that is none', one({ terms: { weight: 0 } }), 'agents[0].terms must be whole numbers, weight of 1 to 100'],
    ['a budget that is none', one({ terms: { sessionBudget: { perTask: 'many' } } }), 'perTask of 1 to 1000'],
    ['grants that are no list', one({ grants: 'all' }), 'agents[0].grants must be a list; got "all"'],
    ['a server name that cannot be', one({ grants: [allow('A#b', ['*'])] }), 'grants[0].server must match'],
    ['nothing named', one({ grants: [allow('a', [])] }), 'grants[0] must name 1 to 1000 tools, resources and prompts'],
    ['a pattern that covers nothing', one({ grants: [allow('a', [], { resources: ['a/../b'] })] }), 'resources must be a list of patterns'],
    ['bounds of nobody', one({ grants: [allow('a', [], { rules: [{ tool: 'x', unless: {} }] })] }), 'rules must be bounds of tools'],
    ['bounds of a deny', one({ grants: [{ server: 'a', effect: 'deny', tools: ['x'], rules: [{ tool: 'y' }] }] }), 'rules must be bounds'],
    ['an effect that is none', one({ grants: [{ server: 'a', effect: 'maybe', tools: ['x'] }] }), 'grants[0].effect must be'],
    ['a prompt without a name', one({ grants: [allow('a', [], { prompts: [''] })] }), 'prompts must be a list of patterns'],
    ['a tool without a name', one({ grants: [allow('a', ['x', ''])] }), 'tools must be a list'],
    ['a tool that is no text', one({ grants: [allow('a', ['x\ud800'])] }), 'tools must be a list'],
    ['a tool that no call can name', one({ grants: [allow('a', ['x'.repeat(1025)])] }), 'tools must be a list'],
    ['more than a row holds', one({ grants: [allow('a', Array(101).fill('x'.repeat(1000)))] }), 'of 100000 bytes in all'],
    ['more tools than a grant names', one({ grants: [allow('a', Array(1001).fill('x'))] }), 'must name 1 to 1000 tools'],
    [
      'an expiry that is no time',
      one({ grants: [allow('a', ['*'], { expiresAt: 'soon' })] }),
      'expiresAt must be whole seconds since the epoch; got "soon"',
    ],
    ['one server twice', one({ grants: [allow('a', ['x']), allow('a', ['y'])] }), 'has the allow of the server "a" twice'],
    ['a value that is not there', one({ subject: { $value: 3 } }), 'The grants name a value 3, and there are 0'],
  ])('%s is FAILED with its reason, nothing is written, and a later Delete of it succeeds', async (_, members, reason) => {
    await sync.invoke(event('Create', { ...support([allow('payments', ['*'])]), ...members }));
    expect(answers).toHaveLength(1);
    expect(answers[0]?.body).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining(reason),
      PhysicalResourceId: expect.stringMatching(/./),
    });
    expect((await table.rows()).filter(({ writer }) => writer === `${stack}/Grants`)).toEqual([]);
    await sync.invoke(event('Delete', undefined, { PhysicalResourceId: answers[0]?.body.PhysicalResourceId }));
    expect(answers[1]?.body.Status).toBe('SUCCESS');
  });

  test('a file that is not there, or is none, is FAILED with what S3 says', async () => {
    const asked = event('Create', support([]));
    await sync.invoke({ ...asked, ResourceProperties: { ...asked.ResourceProperties, Key: 'nothing.json' } });
    await sync.invoke(event('Create', undefined));
    await sync.invoke({ ...asked, ResourceProperties: { ServiceToken: 'arn' } });
    expect(answers.map(({ body }) => [body.Status, body.Reason])).toEqual([
      ['FAILED', expect.stringContaining('nothing.json cannot be read: NoSuchKey')],
      ['FAILED', expect.stringContaining('are no JSON')],
      ['FAILED', expect.stringContaining('Bucket and Key must be texts')],
    ]);
  });

  test('a table that cannot be written is FAILED with the reason of DynamoDB', async () => {
    const environment = { ...table.environment, ...bucket.environment, ALLOWLIST_TABLE: 'no-such-table' };
    const broken = await startFunction(bundleFunction('allowlist-sync'), environment);
    try {
      await broken.invoke(event('Create', support([allow('payments', ['*'])])));
      expect(answers[0]?.body).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/resource not found/i) });
    } finally {
      await broken.stop();
    }
  });

  test('an answer that is refused twice is sent a third time', async () => {
    refusals = 2;
    expect((await sync.invoke(event('Create', support([])))).error).toBeUndefined();
    expect(answers).toHaveLength(1);
  });

  test('an answer that cannot be delivered fails the invocation, and no contradicting one follows', async () => {
    refusals = 3;
    const { error } = await sync.invoke(event('Create', support([allow('payments', ['*'])])));
    expect(error?.errorMessage).toContain('could not be answered in 3 attempts: status 503');
    expect(answers).toEqual([]);
  });

  test.each(['http://169.254.169.254/latest', 'file:///etc/passwd', 'no url'])(
    'nothing is done for the answer address %s',
    async (ResponseURL) => {
      const { error } = await sync.invoke(event('Create', support([allow('payments', ['*'])]), { ResponseURL }));
      expect(error?.errorMessage).toContain('ResponseURL must be at an https address');
      expect(await rows()).toEqual([]);
      expect(sync.output()).not.toContain('X-Amz-Signature');
    },
  );
});

describe('an update from the version that had one resource for each agent', () => {
  const former = () => ({ writer: `${stack}/SupportAllowlist`, name: 'support' });
  const put = async (server: string, tools: string[]) => table.put({ ...entry(subject, server, 'allow', tools), ...former() } as never);

  test('leaves no moment without grants: the former resources are deleted last, and take what is not granted any more', async () => {
    await put('payments', ['refund']);
    await put('memory', ['*']);
    await sync.invoke(event('Create', support([allow('payments', ['refund'])])));
    expect((await rows()).map(({ server }) => server)).toEqual(['memory', 'payments']);
    await sync.invoke(ofFormer('Delete'));
    expect((await rows()).map(({ server, writer }) => [server, writer])).toEqual([['payments', `${stack}/Grants`]]);
    await sync.invoke(event('Delete'));
    expect(await rows()).toEqual([]);
  });

  test('that fails leaves them to the former resources', async () => {
    await put('payments', ['refund']);
    const before = await rows();
    await sync.invoke(event('Create', support([allow('payments', ['*'])])));
    await sync.invoke(event('Delete'));
    expect(await rows()).toEqual(before);
  });

  test('cannot be turned round here', async () => {
    await sync.invoke({ ...ofFormer('Create'), PhysicalResourceId: undefined });
    expect(answers[0]?.body).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('can only be deleted') });
  });
});

function one(members: object): Record<string, unknown> {
  return { agents: [{ name: 'a', subject: 's', grants: [], ...members }] };
}

function lines(): Record<string, unknown>[] {
  return sync
    .output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
