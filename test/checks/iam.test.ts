import { describe, expect, it } from '@jest/globals';
import { permissionsOn } from '../../checks/iam';
import { referencesIn } from '../../checks/template';
import { covers } from '../../core/ledger-rights';
import type { LocalAccount, TemplateResource } from '../../local/local-account';

describe('covers', () => {
  it.each([
    ['dynamodb:DeleteItem', true],
    ['dynamodb:Delete*', true],
    ['dynamodb:*', true],
    ['DynamoDB:deleteitem', true],
    ['*', true],
    ['dynamodb:PutItem', false],
    ['dynamodb:Delete', false],
  ])('%s lets an item be deleted: %s', (allowed, expected) => {
    expect(covers(allowed, ['dynamodb:DeleteItem'])).toBe(expected);
  });
});

describe('permissionsOn', () => {
  const LEDGER = { 'Fn::GetAtt': ['Ledger', 'Arn'] };

  it('reads policies attached to the role, and those inside it', () => {
    const account = accountWith({
      Role: { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyDocument: allow('dynamodb:PutItem', LEDGER) }] } },
      Policy: policy('Role', allow(['dynamodb:UpdateItem', 'dynamodb:GetItem'], [LEDGER, 'arn:aws:dynamodb:::other'])),
      Other: policy('OtherRole', allow('dynamodb:DeleteItem', LEDGER)),
    });
    expect(permissionsOn(account, 'stack', 'Role', { made: { stack: 'stack', id: 'Ledger' } }).map(({ action }) => action)).toEqual([
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:GetItem',
    ]);
  });

  it('counts a statement on every resource, and one that allows all but some actions', () => {
    const account = accountWith({
      Policy: policy('Role', allow('ecs:UpdateTaskProtection', '*')),
      Wide: policy('Role', { Statement: { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' } }),
    });
    expect(permissionsOn(account, 'stack', 'Role', { made: { stack: 'stack', id: 'Ledger' } })).toEqual([
      { action: 'ecs:UpdateTaskProtection', anyResource: true },
      { action: '*', anyResource: true },
    ]);
  });

  it('leaves out what is denied or on other resources', () => {
    const account = accountWith({
      Policy: policy('Role', { Statement: { Effect: 'Deny', Action: 'dynamodb:DeleteItem', Resource: LEDGER } }),
      Another: policy('Role', allow('dynamodb:DeleteItem', { 'Fn::GetAtt': ['Directory', 'Arn'] })),
    });
    expect(permissionsOn(account, 'stack', 'Role', { made: { stack: 'stack', id: 'Ledger' } })).toEqual([]);
  });
});

describe('a resource of another stack, or of none', () => {
  const ARN = {
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':dynamodb:eu-west-1:', { Ref: 'AWS::AccountId' }, ':table/acme-ledger']],
  };
  const index = { 'Fn::Join': ['', [ARN, '/index/*']] };
  // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders
  const sub = { 'Fn::Sub': 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/acme-*' };
  const imported = { 'Fn::ImportValue': 'Data:Ledger' };
  const made = { stack: 'data', id: 'Ledger' };
  const data = { Resources: {}, Outputs: { Out: { Value: { 'Fn::GetAtt': ['Ledger', 'Arn'] }, Export: { Name: 'Data:Ledger' } } } };

  it.each<[string, unknown, boolean]>([
    ['its name', ARN, true],
    ['what is in it', index, true],
    ['a name with a star', sub, true],
    ['every table', 'arn:aws:dynamodb:*:*:table/*', true],
    ['every thing of DynamoDB', 'arn:aws:dynamodb:*', true],
    ['an export', imported, true],
    ['another export', { 'Fn::ImportValue': 'Data:Other' }, false],
    ['another name', 'arn:aws:dynamodb:eu-west-1:111122223333:table/acme-ledger-2', false],
    ['a table of its own stack of the same logical id', { 'Fn::GetAtt': ['Ledger', 'Arn'] }, false],
    ['a bucket', 'arn:aws:s3:::acme-ledger', false],
  ])('is named by %s: %s', (_, resource, isNamed) => {
    const own = { Resources: { Policy: policy('Role', allow('dynamodb:PutItem', resource)) } };
    const account = { templates: { stack: own, data } } as unknown as LocalAccount;
    const allowed = permissionsOn(account, 'stack', 'Role', { made, arnEnd: ':table/acme-ledger' });
    expect(allowed.map(({ action }) => action)).toEqual(isNamed ? ['dynamodb:PutItem'] : []);
  });
});

describe('referencesIn', () => {
  it('finds Ref, Fn::GetAtt in both spellings, and the variables of Fn::Sub', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders
    const sub = 'x-${D.Arn}-${E}';
    const value = {
      a: [{ Ref: 'A' }],
      b: { 'Fn::GetAtt': 'B.Arn' },
      c: { 'Fn::GetAtt': ['C', 'Arn'] },
      d: { 'Fn::Sub': sub },
    };
    expect(referencesIn(value)).toEqual(['A', 'B', 'C', 'D', 'E']);
  });
});

function accountWith(resources: Record<string, TemplateResource>): LocalAccount {
  return { templates: { stack: { Resources: resources } } } as unknown as LocalAccount;
}

function policy(role: string, document: unknown): TemplateResource {
  return { Type: 'AWS::IAM::Policy', Properties: { Roles: [{ Ref: role }], PolicyDocument: document } };
}

function allow(action: string | string[], resource: unknown) {
  return { Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] };
}
