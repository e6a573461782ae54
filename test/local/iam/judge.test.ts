import { describe, expect, test } from '@jest/globals';
import { contextOf, type Given } from '../../../local/iam/context';
import { denialText } from '../../../local/iam/denial';
import { judge, type Policies } from '../../../local/iam/judge';
import type { Principal } from '../../../local/iam/principal';
import { statementsIn } from '../../../local/iam/statement';

const ROLE = 'arn:aws:iam::111122223333:role/team/Gateway';
const GATEWAY: Principal = { kind: 'role', role: ROLE, session: 'task-1' };
const TABLE = 'arn:aws:dynamodb:eu-central-1:111122223333:table/Ledger';
const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/one';
const NOW = new Date('2026-11-28T00:00:00Z');

const of = (...statements: object[]) => statementsIn({ Statement: statements }, 'Shop/Policy');
const allow = (more: object = {}) => ({ Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: TABLE, ...more });
const deny = (more: object = {}) => allow({ ...more, Effect: 'Deny' });

interface Request {
  readonly action?: string;
  readonly resource?: string;
  readonly given?: Given;
  readonly principal?: Principal;
}

function verdict(policies: Policies, { action = 'dynamodb:GetItem', resource = TABLE, given = {}, principal = GATEWAY }: Request = {}) {
  const principalTags = { team: 'payments' };
  const context = contextOf(principal, given, {
    region: 'eu-central-1',
    now: NOW,
    principalTags,
    resourceTags: { team: 'payments' },
    service: 'dynamodb',
  });
  return judge(principal, { action, resource, context }, policies);
}

const identity = (...statements: object[]): Policies => ({ identity: of(...statements) });

describe('what a role itself has', () => {
  test.each<[string, object, Request, boolean]>([
    ['the action on the resource', allow(), {}, true],
    ['capitals of an action do not count', allow({ Action: 'DynamoDB:getitem' }), {}, true],
    ['those of a resource do', allow({ Resource: TABLE.replace('Ledger', 'ledger') }), {}, false],
    ['another action', allow(), { action: 'dynamodb:PutItem' }, false],
    ['a star for the rest', allow({ Action: 'dynamodb:Get*', Resource: 'arn:aws:dynamodb:*:*:table/L?dger' }), {}, true],
    ['an index is no table', allow(), { resource: `${TABLE}/index/unsettled` }, false],
    ['all but an action', allow({ Action: undefined, NotAction: 'dynamodb:PutItem' }), {}, true],
    ['all but this action', allow({ Action: undefined, NotAction: 'dynamodb:Get*' }), {}, false],
    ['all but a resource', allow({ Resource: undefined, NotResource: `${TABLE}X` }), {}, true],
    ['all but this resource', allow({ Resource: undefined, NotResource: `${TABLE}*` }), {}, false],
    ['no resource at all', { Effect: 'Allow', Action: '*' }, {}, false],
    [
      'a variable',
      allow({ Resource: `${TABLE.replace('Ledger', '')}\${aws:PrincipalTag/team}` }),
      { resource: TABLE.replace('Ledger', 'payments') },
      true,
    ],
    ['a variable without a value', allow({ Resource: `${TABLE.replace('Ledger', '')}\${aws:username}` }), {}, false],
  ])('%s', (_, statement, request, allowed) => {
    expect(verdict(identity(statement), request).allowed).toBe(allowed);
  });

  test('a denial wins, wherever it stands', () => {
    expect(verdict(identity(allow(), deny()))).toMatchObject({
      allowed: false,
      because: 'with an explicit deny in an identity-based policy',
    });
    const resource = of(deny({ Principal: '*' }));
    expect(verdict({ ...identity(allow()), resource })).toMatchObject({ because: 'with an explicit deny in a resource-based policy' });
    expect(verdict({ ...identity(allow()), boundary: of(deny()) })).toMatchObject({
      because: 'with an explicit deny in a permissions boundary',
    });
  });

  test('a boundary gives nothing, and limits', () => {
    expect(verdict({ boundary: of(allow()) }).allowed).toBe(false);
    expect(verdict({ ...identity(allow()), boundary: of(allow({ Action: 's3:*' })) })).toMatchObject({
      because: 'because no permissions boundary allows the dynamodb:GetItem action',
    });
    expect(verdict({ ...identity(allow()), boundary: of(allow({ Action: '*', Resource: '*' })) }).allowed).toBe(true);
  });

  test('every statement that alone is enough is named', () => {
    const { by } = verdict(identity(allow(), allow({ Action: 's3:*' }), allow({ Resource: '*' }))) as { by: unknown };
    expect(by).toEqual([0, 2].map((index) => ({ policy: 'Shop/Policy', index })));
  });
});

describe('conditions', () => {
  const leading = (...keys: string[]): Given => ({ 'dynamodb:LeadingKeys': keys });
  test.each<[string, object, Given, boolean]>([
    ['equal', { StringEquals: { 'dynamodb:Select': ['COUNT', 'ALL'] } }, { 'dynamodb:Select': 'ALL' }, true],
    ['unequal', { StringEquals: { 'dynamodb:Select': 'COUNT' } }, { 'dynamodb:Select': 'ALL' }, false],
    ['absent', { StringEquals: { 'dynamodb:Select': 'COUNT' } }, {}, false],
    ['absent, if it exists', { StringEqualsIfExists: { 'dynamodb:Select': 'COUNT' } }, {}, true],
    ['not equal, and absent', { StringNotEquals: { 'dynamodb:Select': 'COUNT' } }, {}, true],
    ['not equal to any of them', { StringNotEquals: { 'dynamodb:Select': ['COUNT', 'ALL'] } }, { 'dynamodb:Select': 'ALL' }, false],
    ['all values', { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['orders', 'x'] } }, leading('orders', 'x'), true],
    ['one value too many', { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': 'orders' } }, leading('orders', 'x'), false],
    ['all of no value', { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': 'orders' } }, {}, true],
    ['any value', { 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': 'or*' } }, leading('x', 'orders'), true],
    ['any of no value', { 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': '*' } }, {}, false],
    ['both operators', { StringLike: { 'dynamodb:Select': 'A*' }, Null: { 'ecs:cluster': 'true' } }, { 'dynamodb:Select': 'ALL' }, true],
    [
      'one of two fails',
      { StringLike: { 'dynamodb:Select': 'A*' }, Null: { 'ecs:cluster': 'false' } },
      { 'dynamodb:Select': 'ALL' },
      false,
    ],
    [
      'an ARN part by part',
      { ArnLike: { 'ecs:cluster': 'arn:aws:ecs:*:cluster/a' } },
      { 'ecs:cluster': 'arn:aws:ecs:eu:1:cluster/a' },
      false,
    ],
    ['an ARN', { ArnEquals: { 'ecs:cluster': 'arn:aws:ecs:*:*:cluster/a' } }, { 'ecs:cluster': 'arn:aws:ecs:eu:1:cluster/a' }, true],
    ['a moment', { DateLessThan: { 'aws:CurrentTime': '2026-11-29T00:00:00Z' } }, {}, true],
    ['a moment that has passed', { DateLessThan: { 'aws:EpochTime': '1700000000' } }, {}, false],
    ['a number', { NumericLessThanEquals: { 's3:max-keys': '10' } }, { 's3:max-keys': '9' }, true],
    ['keys in any case', { Bool: { 'AWS:securetransport': 'TRUE' } }, {}, true],
    ['tags of both sides', { StringEquals: { 'aws:ResourceTag/team': `\${aws:PrincipalTag/team}` } }, {}, true],
  ])('%s', (_, Condition, given, allowed) => {
    expect(verdict(identity(allow({ Condition })), { given }).allowed).toBe(allowed);
    expect(verdict(identity(allow(), deny({ Condition })), { given }).allowed).toBe(!allowed);
  });

  test.each([
    ['the condition operator IpAddressish', { IpAddressish: { 'aws:SourceIp': '10.0.0.0/8' } }],
    ['the condition key aws:SourceVpce', { StringEquals: { 'aws:SourceVpce': 'vpce-1' } }],
    ['the condition key dynamodb:LeadingKey', { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKey': 'x' } }],
  ])('%s is not known: it allows nothing, and denies', (unknown, Condition) => {
    const refused = verdict(identity(allow({ Condition })));
    expect(refused).toMatchObject({ allowed: false, unknown: [`${unknown} in statement 0 of Shop/Policy`] });
    expect(verdict(identity(allow(), deny({ Condition }))).allowed).toBe(false);
  });
});

describe('what a resource has', () => {
  const resource = (Principal: unknown, more: object = {}): Policies => ({ resource: of(allow({ Principal, ...more })) });
  const session = 'arn:aws:sts::111122223333:assumed-role/Gateway/task-1';
  test.each<[string, Policies, boolean]>([
    ['the role', resource({ AWS: ROLE }), true],
    ['its session', resource({ AWS: session }), true],
    ['everybody', resource('*'), true],
    ['the account, which has to let it, too', resource({ AWS: 'arn:aws:iam::111122223333:root' }), false],
    ['another role', resource({ AWS: `${ROLE}2` }), false],
    ['a service', resource({ Service: 'lambda.amazonaws.com' }), false],
    ['all but the role', { resource: of({ Effect: 'Allow', Action: '*', Resource: '*', NotPrincipal: { AWS: ROLE } }) }, false],
  ])('%s', (_, policies, allowed) => {
    expect(verdict(policies).allowed).toBe(allowed);
  });

  test('a boundary limits what the role is given, not what its session is', () => {
    const boundary = of(allow({ Action: 's3:*' }));
    expect(verdict({ ...resource({ AWS: ROLE }), boundary }).allowed).toBe(false);
    expect(verdict({ ...resource({ AWS: session }), boundary }).allowed).toBe(true);
  });

  test('a key lets nobody in whom its own policy does not', () => {
    const use = allow({ Action: 'kms:Decrypt', Resource: KEY });
    const own = (Principal: unknown) => of(allow({ Action: 'kms:*', Resource: '*', Principal }));
    const request = { action: 'kms:Decrypt', resource: KEY };
    const root = { AWS: 'arn:aws:iam::111122223333:root' };
    expect(verdict({ ...identity(use), resource: own(root), guarded: true }, request).allowed).toBe(true);
    expect(verdict({ resource: own(root), guarded: true }, request).allowed).toBe(false);
    expect(verdict({ resource: own({ AWS: ROLE }), guarded: true }, request).allowed).toBe(true);
    expect(verdict({ ...identity(use), resource: own({ AWS: `${ROLE}2` }), guarded: true }, request)).toMatchObject({
      because: 'because no resource-based policy allows the kms:Decrypt action',
    });
  });

  test('a service of AWS has what names it, for what it acts for', () => {
    const principal: Principal = { kind: 'service', service: 'events.amazonaws.com', sourceArn: 'arn:aws:events:eu:1:rule/a' };
    const Condition = { ArnLike: { 'aws:SourceArn': 'arn:aws:events:eu:1:rule/a' } };
    const own = resource({ Service: 'events.amazonaws.com' }, { Condition });
    expect(verdict(own, { principal }).allowed).toBe(true);
    expect(verdict(own, { principal: { ...principal, sourceArn: 'arn:aws:events:eu:1:rule/b' } }).allowed).toBe(false);
    expect(verdict({}, { principal })).toMatchObject({ because: expect.stringContaining('no resource-based policy') });
  });
});

test('a refusal is told in the words of AWS', () => {
  const refused = verdict({});
  if (refused.allowed) throw new Error('it was allowed');
  const asked = { action: 'dynamodb:GetItem', resource: TABLE, context: new Map() };
  expect(denialText(GATEWAY, asked, refused)).toBe(
    `User: arn:aws:sts::111122223333:assumed-role/Gateway/task-1 is not authorized to perform: dynamodb:GetItem on resource: ${TABLE} because no identity-based policy allows the dynamodb:GetItem action`,
  );
});

test('a pattern takes no exponential time', () => {
  const statement = allow({ Resource: `${'a*'.repeat(50)}b` });
  expect(verdict(identity(statement), { resource: 'a'.repeat(2_000) }).allowed).toBe(false);
});
