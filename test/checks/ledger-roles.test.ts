import { describe, expect, it } from '@jest/globals';
import { ledgerRoles, problemOf } from '../../checks/ledger-roles';
import { JANITOR_CONFIG_VARIABLE, SIDECAR_CONFIG_VARIABLE } from '../../core/fleet-config';
import type { LocalAccount, TemplateResource } from '../../local/local-account';

const LEDGER = { 'Fn::GetAtt': ['Ledger', 'Arn'] };
const INDEX = { 'Fn::Join': ['', [LEDGER, '/index/unsettled']] };
const role = (...statements: [action: string | string[], resource: unknown][]): TemplateResource => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    Policies: [{ PolicyDocument: { Statement: statements.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource })) } }],
  },
});
const taskOf = (variable: string): TemplateResource => ({
  Type: 'AWS::ECS::TaskDefinition',
  Properties: {
    TaskRoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
    ContainerDefinitions: [{ Name: 'main', Environment: [{ Name: variable, Value: '{}' }] }],
  },
});
const JANITOR: TemplateResource = {
  Type: 'AWS::Lambda::Function',
  Properties: { Role: { 'Fn::GetAtt': ['Role', 'Arn'] }, Environment: { Variables: { [JANITOR_CONFIG_VARIABLE]: '{}' } } },
};
const SERVER = taskOf(SIDECAR_CONFIG_VARIABLE);
const GATEWAY = taskOf('MCP_FLEET_CONFIG');

/** What the check says of the one role of an account, or that it does not look at it. */
function verdictOn(Role: TemplateResource, user?: TemplateResource) {
  const account = { templates: { stack: { Resources: { Role, ...(user && { User: user }) } } } } as unknown as LocalAccount;
  const [found] = ledgerRoles(account, { made: { stack: 'stack', id: 'Ledger' } });
  return found === undefined ? 'not looked at' : (problemOf(found) ?? `good ${found.kind}: ${found.actions.join(', ')}`);
}

describe('who may do what on the ledger', () => {
  it.each<[string, TemplateResource, TemplateResource | undefined, string]>([
    ['the gateway writes', role([['dynamodb:PutItem', 'dynamodb:UpdateItem'], LEDGER]), GATEWAY, 'good gateway: dynamodb:PutItem'],
    [
      'the gateway deletes',
      role([['dynamodb:PutItem', 'dynamodb:Delete*'], LEDGER]),
      GATEWAY,
      'The gateway role Role may dynamodb:Delete*',
    ],
    ['the gateway only reads', role(['dynamodb:GetItem', LEDGER]), GATEWAY, 'The gateway role Role cannot write the ledger'],
    [
      'the janitor reads the index and updates',
      role([['dynamodb:GetItem', 'dynamodb:UpdateItem'], LEDGER], ['dynamodb:Query', INDEX]),
      JANITOR,
      'good janitor: dynamodb:GetItem, dynamodb:UpdateItem, dynamodb:Query',
    ],
    [
      'the janitor puts',
      role([['dynamodb:UpdateItem', 'dynamodb:PutItem'], LEDGER]),
      JANITOR,
      'The janitor role Role may dynamodb:PutItem',
    ],
    ['the janitor cannot update', role(['dynamodb:Query', INDEX]), JANITOR, 'The janitor role Role cannot write the ledger'],
    ['a server protects its task', role(['ecs:UpdateTaskProtection', '*']), SERVER, 'good server: '],
    ['a server reads', role(['dynamodb:Query', INDEX]), SERVER, 'The server role Role may dynamodb:Query on the ledger'],
    ['an archiver reads', role(['dynamodb:GetItem', LEDGER]), undefined, 'good other: dynamodb:GetItem'],
    ['somebody writes', role(['dynamodb:UpdateItem', '*']), undefined, 'The other role Role may dynamodb:UpdateItem on the ledger'],
    ['somebody may do anything', role(['*', '*']), undefined, 'The other role Role may * on the ledger'],
    ['somebody has to do with other tables', role(['dynamodb:PutItem', 'arn:aws:dynamodb:::other']), undefined, 'not looked at'],
  ])('%s', (_, theRole, user, verdict) => {
    expect(verdictOn(theRole, user)).toContain(verdict);
  });
});

describe('a ledger that stands in another stack, or was imported', () => {
  const NAMED = 'arn:aws:dynamodb:eu-west-1:111122223333:table/acme-ledger';
  const own = (Role: TemplateResource, User?: TemplateResource) => ({ Resources: { Role, ...(User && { User }) } });
  const found = (templates: object, made?: { stack: string; id: string }) =>
    ledgerRoles({ templates } as unknown as LocalAccount, { arnEnd: ':table/acme-ledger', ...(made && { made }) });

  it('has the roles of the fleet, and of every other stack, looked at', () => {
    const imported = { 'Fn::ImportValue': 'Data:Ledger' };
    const Outputs = { Out: { Value: LEDGER, Export: { Name: 'Data:Ledger' } } };
    const templates = {
      data: { Resources: {}, Outputs },
      fleet: own(role([['dynamodb:PutItem', 'dynamodb:UpdateItem'], imported]), GATEWAY),
      jobs: own(role(['dynamodb:DeleteItem', imported])),
    };
    expect(found(templates, { stack: 'data', id: 'Ledger' }).map(problemOf)).toEqual([
      undefined,
      'The other role jobs/Role may dynamodb:DeleteItem on the ledger',
    ]);
    expect(found(templates, { stack: 'data', id: 'Ledger' }).map(({ kind }) => kind)).toEqual(['gateway', 'other']);
  });

  it('is known by its name where no stack makes it', () => {
    const templates = { fleet: own(role(['dynamodb:PutItem', NAMED]), GATEWAY), jobs: own(role(['dynamodb:*', `${NAMED.slice(0, -4)}*`])) };
    expect(found(templates).map(problemOf)).toEqual([undefined, 'The other role jobs/Role may dynamodb:* on the ledger']);
  });
});
