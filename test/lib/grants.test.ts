import { expect, test } from '@jest/globals';
import { Expiration } from 'aws-cdk-lib';
import { type AddAgentProps, Argument, type CallGrantProps, CallLimit, McpServer } from '../../lib';
import { logicalIdAt, NPM_STDIO, newFleet, newServer, templateOf } from './example-fleet';

const ALLOWLIST = 'Custom::McpFleetAllowlist';

/** So many different names of so many bytes each. */
function numbered(count: number, bytes: number): string[] {
  return Array.from({ length: count }, (_, at) => String(at).padStart(bytes, '0'));
}

test('grants of one agent are one resource, one row per server', () => {
  const fleet = newFleet();
  const tickets = newServer({}, fleet);
  const notes = fleet.addServer('notes', { runtime: NPM_STDIO });
  const support = fleet.addAgent('support', { subject: 'agent-support' });
  tickets.grantCall(support, { tools: ['read', 'close'], expires: Expiration.atDate(new Date('2030-01-01T00:00:00.999Z')) });
  notes.grantCall(support, { tools: [McpServer.ALL_TOOLS] });
  const template = templateOf(fleet);

  template.resourceCountIs(ALLOWLIST, 1);
  template.hasResourceProperties(ALLOWLIST, {
    ServiceToken: { 'Fn::GetAtt': [logicalIdAt(template, 'AWS::Lambda::Function', /AllowlistSync/), 'Arn'] },
    Issuer: 'https://login.example',
    Subject: 'agent-support',
    Name: 'support',
    Grants: [
      { Server: 'tickets', Tools: ['close', 'read'], ExpiresAt: Date.UTC(2030, 0, 1) / 1000 },
      { Server: 'notes', Tools: ['*'] },
    ],
  });
});

test("an agent's weight and budget stand beside its grants; without any nothing does", () => {
  const fleet = newFleet();
  const tickets = newServer({}, fleet);
  tickets.grantCall(fleet.addAgent('desk', { subject: 'agent-desk', weight: 3, sessionBudget: { perTask: 5 } }), { tools: ['read'] });
  tickets.grantCall(fleet.addAgent('night', { subject: 'agent-night', sessionBudget: {} }), { tools: ['read'] });
  const [desk, night] = Object.values(templateOf(fleet).findResources(ALLOWLIST)).map(({ Properties }) => Properties);

  expect(desk.Terms).toEqual({ Weight: 3, SessionBudget: { PerTask: 5 } });
  expect(night).not.toHaveProperty('Terms');
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

  templateOf(fleet).resourceCountIs(ALLOWLIST, 0);
});

test('each agent has a resource of its own', () => {
  const fleet = newFleet();
  const tickets = newServer({}, fleet);
  tickets.grantCall(fleet.addAgent('support', { subject: 'agent-support' }), { tools: ['read'] });
  tickets.grantCall(fleet.addAgent('tickets', { subject: 'agent-tickets' }), { tools: ['close'] });

  templateOf(fleet).resourceCountIs(ALLOWLIST, 2);
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
  templateOf(fleet).hasResourceProperties(ALLOWLIST, {
    Grants: [
      {
        Server: 'tickets',
        Tools: ['read'],
        Rules: [
          { tool: 'close', atMost: { calls: 5, per: 'hour' } },
          { tool: 'pay', when, atMost: { calls: 2, per: 'task' } },
        ],
      },
    ],
  });
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
  templateOf(fleet).hasResourceProperties(ALLOWLIST, {
    Grants: [{ Server: 'tickets', Effect: 'deny', Tools: ['close'], Prompts: ['admin*'] }],
  });
});

test('a grant names resources and prompts beside tools, or without any', () => {
  const fleet = newFleet();
  const support = fleet.addAgent('support', { subject: 'agent-support' });
  newServer({}, fleet).grantCall(support, { resources: ['docs://b/*', 'docs://a'], prompts: [McpServer.ALL_PROMPTS] });

  templateOf(fleet).hasResourceProperties(ALLOWLIST, {
    Grants: [{ Server: 'tickets', Tools: [], Resources: ['docs://a', 'docs://b/*'], Prompts: ['*'] }],
  });
});

test.each([[['files/read', 'two words', 'überweisen 💶', 'a,b', '__proto__', 'x'.repeat(1024)]], [numbered(1000, 100)]])(
  'a grant names whatever a server may list: %#',
  (tools) => {
    const fleet = newFleet();
    newServer({}, fleet).grantCall(fleet.addAgent('support', { subject: 'agent-support' }), { tools });

    templateOf(fleet).hasResourceProperties(ALLOWLIST, { Grants: [{ Server: 'tickets', Tools: [...tools].sort() }] });
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
