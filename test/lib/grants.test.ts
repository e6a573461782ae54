import { expect, test } from '@jest/globals';
import { Expiration, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { GRANTS_RESOURCE as GRANTS } from '../../core/grants-document';
import { type AddAgentProps, AgentIdentity, Argument, type CallGrantProps, CallLimit, McpServer } from '../../lib';
import { readCloudAssembly } from '../../local/assembly/cloud-assembly';
import { grantsIn, templateWithGrants } from '../../local/assembly/grants';
import { documentOf, grantsOf, logicalIdAt, NPM_STDIO, newApp, newFleet, newServer, statementsOf, templateOf } from './example-fleet';

/** How a template reads what another stack has. */
const FROM_LOGIN = { 'Fn::GetStackOutput': expect.objectContaining({ StackName: 'Login' }) };

/** So many different names of so many bytes each. */
function numbered(count: number, bytes: number): string[] {
  return Array.from({ length: count }, (_, at) => String(at).padStart(bytes, '0'));
}

test('all grants of a fleet are one file and one resource, in the order of names', () => {
  const fleet = newFleet();
  const tickets = newServer({}, fleet);
  const notes = fleet.addServer('notes', { runtime: NPM_STDIO });
  const support = fleet.addAgent('support', { subject: 'agent-support' });
  tickets.grantCall(support, { tools: ['read', 'close'], expires: Expiration.atDate(new Date('2030-01-01T00:00:00.999Z')) });
  notes.grantCall(support, { tools: [McpServer.ALL_TOOLS] });
  notes.grantCall(fleet.addAgent('night', { subject: 'agent-night' }), { tools: ['list'] });
  const template = templateOf(fleet);

  template.resourceCountIs(GRANTS, 1);
  template.hasResourceProperties(GRANTS, {
    ServiceToken: { 'Fn::GetAtt': [logicalIdAt(template, 'AWS::Lambda::Function', /AllowlistSync/), 'Arn'] },
    Values: ['https://login.example'],
  });
  expect(documentOf(fleet)).toEqual({
    format: 1,
    issuer: 'https://login.example',
    agents: [
      { name: 'night', subject: 'agent-night', grants: [{ server: 'notes', effect: 'allow', tools: ['list'] }] },
      {
        name: 'support',
        subject: 'agent-support',
        grants: [
          { server: 'notes', effect: 'allow', tools: ['*'] },
          { server: 'tickets', effect: 'allow', tools: ['close', 'read'], expiresAt: Date.UTC(2030, 0, 1) / 1000 },
        ],
      },
    ],
  });
});

test('a change of grants is a change of the template; another order of the same is none', () => {
  const keyOf = (names: string[], tools: string[]) => {
    const fleet = newFleet();
    const tickets = newServer({}, fleet);
    for (const name of names) tickets.grantCall(fleet.addAgent(name, { subject: `agent-${name}` }), { tools });
    return Object.values(templateOf(fleet).findResources(GRANTS))[0]?.Properties.Key;
  };
  const usual = keyOf(['a', 'b'], ['read', 'close']);

  expect(usual).toMatch(/^[0-9a-f]{64}\.json$/);
  expect(keyOf(['b', 'a'], ['close', 'read'])).toBe(usual);
  expect(keyOf(['a', 'b'], ['close'])).not.toBe(usual);
});

test('what only the deployment knows stands beside the file, also where it is of another stack', () => {
  const app = newApp();
  const pool = new UserPool(new Stack(app, 'Login'), 'Pool');
  const client = pool.addClient('Support', {});
  const fleet = newFleet(new Stack(app, 'Company'), { identity: AgentIdentity.cognito(pool, { clients: [client] }) });
  newServer({}, fleet).grantCall(fleet.addAgent('support', { subject: client.userPoolClientId }), { tools: ['read'] });
  const [{ Properties } = { Properties: {} }] = Object.values(templateOf(fleet).findResources(GRANTS));

  expect(Properties.Values).toEqual([
    { 'Fn::Join': ['', ['https://cognito-idp.', { Ref: 'AWS::Region' }, '.amazonaws.com/', FROM_LOGIN]] },
    FROM_LOGIN,
  ]);
  expect(documentOf(fleet)).toMatchObject({ issuer: Properties.Values[0], agents: [{ subject: Properties.Values[1] }] });
});

test('its function may read this one object, and no other', () => {
  const fleet = newFleet();
  newServer({}, fleet).grantCall(fleet.addAgent('support', { subject: 'agent-support' }), { tools: ['read'] });
  const template = templateOf(fleet);
  const [{ Properties } = { Properties: {} }] = Object.values(template.findResources(GRANTS));
  const role = logicalIdAt(template, 'AWS::IAM::Role', /AllowlistSync/);
  const onS3 = statementsOf(template, role).filter(({ Action }) => Action.some((action) => action.startsWith('s3:')));

  const arn = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::', Properties.Bucket, `/${Properties.Key}`]] };
  expect(onS3).toEqual([{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: arn }]);
});

test('a fleet in a nested stack, and one in a stage, publish where their stacks do', () => {
  const app = newApp();
  const nested = newFleet(new NestedStack(new Stack(app, 'Outer'), 'Inner'));
  const staged = newFleet(new Stack(new Stage(app, 'Prod'), 'Company'));
  for (const fleet of [nested, staged])
    newServer({}, fleet).grantCall(fleet.addAgent('support', { subject: 'agent-support' }), { tools: ['read'] });
  const { stacks } = readCloudAssembly(app.synth().directory);

  const told = stacks.flatMap((stack) => grantsIn(templateWithGrants(stack), String)).map(({ document }) => document);
  expect(told).toEqual([documentOf(nested), documentOf(staged)]);
  expect(told).toHaveLength(2);
});

test("an app's tests see what is granted and denied, without a look into files", () => {
  const fleet = newFleet();
  const tickets = newServer({}, fleet);
  const support = fleet.addAgent('support', { subject: 'agent-support' });
  expect(fleet.grants).toEqual([]);
  tickets.grantCall(support, { tools: ['read', 'pay'], limits: { pay: CallLimit.perHour(1) }, expires: Expiration.atTimestamp(4e12) });
  tickets.denyCall(support, { tools: ['close'], prompts: ['admin*'] });
  const [grant, denial] = fleet.grants;

  expect(grant).toMatchObject({ agent: 'support', server: 'tickets', isDenial: false, tools: ['pay', 'read'], expires: new Date(4e12) });
  expect([grant?.isBounded('pay'), grant?.isBounded('read')]).toEqual([true, false]);
  expect(denial).toMatchObject({ isDenial: true, tools: ['close'], resources: [], prompts: ['admin*'] });
  expect(denial?.expires).toBeUndefined();
});

test("an agent's weight and budget stand beside its grants; without any nothing does", () => {
  const fleet = newFleet();
  const tickets = newServer({}, fleet);
  tickets.grantCall(fleet.addAgent('desk', { subject: 'agent-desk', weight: 3, sessionBudget: { perTask: 5 } }), { tools: ['read'] });
  tickets.grantCall(fleet.addAgent('night', { subject: 'agent-night', sessionBudget: {} }), { tools: ['read'] });
  const [desk, night] = documentOf(fleet).agents;

  expect(desk?.terms).toEqual({ weight: 3, sessionBudget: { perTask: 5 } });
  expect(night).not.toHaveProperty('terms');
});

test.each<[Partial<AddAgentProps>, RegExp]>([
  [{ weight: 0 }, /weight of the agent "[^"]+" is 0; allowed: a whole number from 1 to 100/],
  [{ weight: 1.5 }, /weight of the agent "[^"]+" is 1.5; allowed: a whole number/],
  [{ weight: 101 }, /weight of the agent "[^"]+" is 101; allowed: .* to 100/],
  [{ sessionBudget: { perTask: 9, perAgent: 5 } }, /perTask of sessionBudget of the agent "[^"]+" is 9; allowed: at most perAgent, 5/],
  [{ sessionBudget: { perTask: 0 } }, /perTask of sessionBudget of the agent "[^"]+" is 0; allowed: .* 1 to 1000/],
  [{ sessionBudget: { perAgent: 5_000 } }, /perAgent of sessionBudget of the agent "[^"]+" is 5000; .*one row/],
])('terms that cannot be are refused: %#', (terms, message) => {
  expect(() => newFleet().addAgent('support', { subject: 'agent-support', ...terms })).toThrow(message);
});

test('nothing is allowed by default: an agent without a grant has no rows', () => {
  const fleet = newFleet();
  newServer({}, fleet);
  fleet.addAgent('support', { subject: 'agent-support' });

  templateOf(fleet).resourceCountIs(GRANTS, 0);
});

test.each([
  [[], /grant is \[\]; allowed: at least one tool, resource or prompt/],
  [['*', 'read'], /grant tools is \["\*","read"\]; allowed: names of tools, or '\*' alone/],
  [['read', ''], /grant tools is ""; allowed: 1 to 1024 bytes of well-formed text/],
  [['read', '\ud800'], /grant tools is "\\ud800"; allowed: 1 to 1024 bytes/],
  [['é'.repeat(513)], /grant tools is "é+…; allowed: 1 to 1024 bytes/],
  [numbered(1001, 4), /grant is "1001 names"; allowed: at most 1000 names of 100000 bytes in all/],
  [numbered(101, 1000), /grant is "101 names"; allowed: at most 1000 names of 100000 bytes in all/],
])('a grant of names that cannot be is refused: %#', (tools, message) => {
  const fleet = newFleet();
  const support = fleet.addAgent('support', { subject: 'agent-support' });

  expect(() => newServer({}, fleet).grantCall(support, { tools })).toThrow(message);
});

test.each<[Partial<CallGrantProps>, RegExp]>([
  [{ resources: ['*', 'docs://a'] }, /grant resources is \["\*","docs:\/\/a"\]; allowed: names of resources, or '\*' alone/],
  [{ resources: ['docs://a/../b'] }, /grant resources is "docs:\/\/a\/..\/b"; allowed: a URI that all read alike/],
  [{ resources: ['handbook'] }, /grant resources is "handbook"; .*no scheme/],
  [{ resources: ['**'] }, /grant resources is "\*\*"; .*no scheme/],
  [{ prompts: [''] }, /grant prompts is ""; allowed: 1 to 1024 bytes/],
  [{ resources: numbered(600, 4), prompts: numbered(600, 4) }, /grant is "1200 names"; allowed: at most 1000 names/],
])('a grant of what can be nothing is refused: %#', (grant, message) => {
  const fleet = newFleet();
  const support = fleet.addAgent('support', { subject: 'agent-support' });

  expect(() => newServer({}, fleet).grantCall(support, grant)).toThrow(message);
});

test('a tool is granted within bounds, beside those that are without', () => {
  const fleet = newFleet();
  const support = fleet.addAgent('support', { subject: 'agent-support' });
  newServer({}, fleet).grantCall(support, {
    tools: ['read', 'pay', 'close'],
    when: { pay: { amount: Argument.between(0, 10.5), to: Argument.oneOf('a', 1, true).orAbsent(), test: Argument.absent() } },
    limits: { close: CallLimit.perHour(5), pay: CallLimit.perTask(2) },
  });

  const amount = { atLeast: '0', atMost: '10.5' };
  const when = { amount, to: { oneOf: ['"a"', '1', 'true'], absent: 'allowed' }, test: { absent: 'required' } };
  const rules = [
    { tool: 'close', atMost: { calls: 5, per: 'hour' } },
    { tool: 'pay', when, atMost: { calls: 2, per: 'task' } },
  ];
  expect(grantsOf(fleet)).toEqual({ support: [{ server: 'tickets', effect: 'allow', tools: ['read'], rules }] });
});

test.each<[Partial<CallGrantProps>, RegExp]>([
  [{ tools: ['*'], limits: { '*': CallLimit.perHour(1) } }, /grant limits is "\*"; allowed: tools that the grant names one by one/],
  [{ tools: ['read'], when: { pay: { amount: Argument.atMost(1) } } }, /grant when is "pay"; allowed: tools that the grant names/],
  [{ tools: ['pay'], when: { pay: { amount: Argument.atMost(Number.NaN) } } }, /grant when\.pay\.amount is null|allowed: a finite number/],
  [{ tools: ['pay'], when: { pay: { amount: Argument.between(2, 1) } } }, /grant when\.pay\.amount is .*the lesser number first/],
  [{ tools: ['pay'], when: { pay: { to: Argument.oneOf() } } }, /grant when\.pay\.to is \[\]; allowed: texts, finite numbers/],
  [{ tools: ['pay'], when: { pay: { to: Argument.matching('') } } }, /grant when\.pay\.to is ""/],
  [{ tools: ['pay'], limits: { pay: CallLimit.perHour(0) } }, /grant limits\.pay is 0; allowed: a whole number from 1 to 1000000/],
])('bounds that cannot be are refused: %#', (grant, message) => {
  const fleet = newFleet();
  const support = fleet.addAgent('support', { subject: 'agent-support' });

  expect(() => newServer({}, fleet).grantCall(support, grant)).toThrow(message);
});

test('a denial is a row of its own, also without any grant; a second one is refused', () => {
  const fleet = newFleet();
  const tickets = newServer({}, fleet);
  const support = fleet.addAgent('support', { subject: 'agent-support' });
  tickets.denyCall(support, { tools: ['close'], prompts: ['admin*'] });

  expect(() => tickets.denyCall(support, { tools: ['read'] })).toThrow(/denial is "tickets"; allowed: one denial per agent and server/);
  expect(() => tickets.denyCall(support, {})).toThrow(/denial is \[\]; allowed: at least one tool, resource or prompt/);
  expect(grantsOf(fleet)).toEqual({ support: [{ server: 'tickets', effect: 'deny', tools: ['close'], prompts: ['admin*'] }] });
});

test('a grant names resources and prompts beside tools, or without any', () => {
  const fleet = newFleet();
  const support = fleet.addAgent('support', { subject: 'agent-support' });
  newServer({}, fleet).grantCall(support, { resources: ['docs://b/*', 'docs://a'], prompts: [McpServer.ALL_PROMPTS] });

  const resources = ['docs://a', 'docs://b/*'];
  expect(grantsOf(fleet)).toEqual({ support: [{ server: 'tickets', effect: 'allow', tools: [], resources, prompts: ['*'] }] });
});

test.each([[['files/read', 'two words', 'überweisen 💶', 'a,b', '__proto__', 'x'.repeat(1024)]], [numbered(1000, 100)]])(
  'a grant names whatever a server may list: %#',
  (tools) => {
    const fleet = newFleet();
    newServer({}, fleet).grantCall(fleet.addAgent('support', { subject: 'agent-support' }), { tools });

    expect(grantsOf(fleet)).toEqual({ support: [{ server: 'tickets', effect: 'allow', tools: [...tools].sort() }] });
  },
);

test('a second grant of one server to one agent is refused: it would replace the first', () => {
  const fleet = newFleet();
  const tickets = newServer({}, fleet);
  const support = fleet.addAgent('support', { subject: 'agent-support' });
  tickets.grantCall(support, { tools: ['read'] });

  expect(() => tickets.grantCall(support, { tools: ['close'] })).toThrow(
    /Company\/Mcp\/Agents\/support: grant is "tickets"; allowed: one grant/,
  );
});

test('two agents cannot share a name or a subject: each would remove the rows of the other', () => {
  const fleet = newFleet();
  fleet.addAgent('support', { subject: 'agent-support' });

  expect(() => fleet.addAgent('support', { subject: 'another' })).toThrow(/agent name is "support"; allowed: each name once/);
  expect(() => fleet.addAgent('help', { subject: 'agent-support' })).toThrow(/agent subject is "agent-support".*Agent "support" has it/);
});

test.each(['', 'x'.repeat(256)])('a subject of bad length is refused: %#', (subject) => {
  expect(() => newFleet().addAgent('support', { subject })).toThrow(/agent subject is .* allowed: 1 to 255 characters/);
});
