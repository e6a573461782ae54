import { expect, test } from '@jest/globals';
import { Expiration } from 'aws-cdk-lib';
import { McpServer } from '../../lib';
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
  [[], /grant tools is \[\]; allowed: at least one tool/],
  [['*', 'read'], /grant tools is \["\*","read"\]; allowed: names of tools, or '\*' alone/],
  [['read', ''], /grant tools is ""; allowed: 1 to 1024 bytes of well-formed text/],
  [['read', '\ud800'], /grant tools is "\\ud800"; allowed: 1 to 1024 bytes/],
  [['é'.repeat(513)], /grant tools is "é+…; allowed: 1 to 1024 bytes/],
  [numbered(1001, 4), /grant tools is "1001 names"; allowed: at most 1000 names of 100000 bytes in all/],
  [numbered(101, 1000), /grant tools is "101 names"; allowed: at most 1000 names of 100000 bytes in all/],
])('a grant of names that cannot be is refused: %#', (tools, message) => {
  const fleet = newFleet();
  const support = fleet.addAgent('support', { subject: 'agent-support' });

  expect(() => newServer({}, fleet).grantCall(support, { tools })).toThrow(message);
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
