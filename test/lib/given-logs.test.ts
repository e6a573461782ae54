import { expect, test } from '@jest/globals';
import { type App, Stack, Validations } from 'aws-cdk-lib';
import { LogGroup, LogGroupClass } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { type AddServerProps, type McpFleetProps, McpServer, ServerRuntime } from '../../lib';
import { containerOf, NPM_HTTP, NPM_STDIO, newFleet, newStack, templateOf } from './example-fleet';

const named = (stack: Stack, name: string) => LogGroup.fromLogGroupName(stack, name, `acme/${name}`);
const quiet = (stack: Stack, id: string) => new LogGroup(stack, id, { logGroupClass: LogGroupClass.INFREQUENT_ACCESS });

/** A fleet with what the company has, in a stack of its own. */
function fleetOf(props: (stack: Stack) => Partial<McpFleetProps>, server: (stack: Stack) => Partial<AddServerProps> = () => ({})) {
  const stack = newStack({ env: { account: '111122223333', region: 'eu-west-1' } });
  const fleet = newFleet(stack, props(stack));
  fleet.addServer('tickets', { runtime: NPM_HTTP, ...server(stack) });
  return fleet;
}

test('log groups that are there already are written into, by those who may, and none is made in their place', () => {
  const fleet = fleetOf(
    (stack) => ({ gateway: { logGroup: named(stack, 'gateway') }, functions: { logGroups: { authorizer: named(stack, 'authorizer') } } }),
    (stack) => ({ logGroup: named(stack, 'tickets'), serverLogGroup: quiet(stack, 'Quiet') }),
  );
  acknowledge(fleet);
  const template = templateOf(fleet);
  const groupOf = (task: RegExp, container: string) => containerOf(template, task, container).LogConfiguration.Options['awslogs-group'];
  expect([groupOf(/Gateway\/Task/, 'gateway'), groupOf(/tickets\/Task/, 'sidecar')]).toEqual(['acme/gateway', 'acme/tickets']);
  const [quietId = ''] = Object.keys(template.findResources('AWS::Logs::LogGroup', { Properties: { LogGroupClass: 'INFREQUENT_ACCESS' } }));
  expect(groupOf(/tickets\/Task/, 'server')).toEqual({ Ref: quietId });
  const functions = Object.values(template.findResources('AWS::Lambda::Function')).map(
    ({ Properties }) => Properties.LoggingConfig.LogGroup,
  );
  expect(functions).toContain('acme/authorizer');
  const paths = Object.values(template.findResources('AWS::Logs::LogGroup')).map(({ Metadata }) => Metadata?.['aws:cdk:path']);
  expect(paths.filter((path) => /Gateway|tickets|Authorizer\//.test(path))).toEqual([]);
  const writing = JSON.stringify(template.findResources('AWS::IAM::Policy'));
  for (const name of ['gateway', 'tickets', 'authorizer']) expect(writing).toContain(`:log-group:acme/${name}:*`);
});

/** Keeps the test's output clean where an import is meant. */
function acknowledge(scope: IConstruct): void {
  Validations.of(scope).acknowledge({ id: 'cdk-mcp-fleet:logGroup', reason: 'a test' });
}

test('one that this app makes has the tag by which operators read it; of another its owner is told what it takes', () => {
  const fleet = fleetOf(
    (stack) => ({ gateway: { logGroup: named(stack, 'gateway') } }),
    (stack) => ({ logGroup: new LogGroup(stack, 'Own') }),
  );
  templateOf(fleet).hasResource('AWS::Logs::LogGroup', {
    Metadata: { 'aws:cdk:path': 'Company/Own/Resource' },
    Properties: { Tags: [{ Key: 'cdk-mcp-fleet:fleet', Value: 'orders' }] },
  });
  const said = fleet.node.findAll().flatMap(({ node }) => node.metadata.map(({ data }) => String(data)));
  expect(said.filter((text) => text.includes('logGroup'))).toEqual([
    expect.stringMatching(/gateway\.logGroup is the log group Company\/gateway.*class Standard.*tag cdk-mcp-fleet:fleet = orders/),
  ]);
});

test('a team hands in its own, and the list of servers tells it', () => {
  const fleet = newFleet();
  const stack = new Stack(fleet.node.root as App, 'Team');
  new McpServer(stack, 'Notes', { fleet, runtime: NPM_STDIO, logGroup: named(stack, 'notes') });
  acknowledge(stack);
  const [listing] = Object.values(templateOf(stack).findResources('Custom::McpFleetServer'));
  expect(listing?.Properties.LogGroups).toEqual(['acme/notes']);
});

test.each<[string, (stack: Stack) => Partial<McpFleetProps>, (stack: Stack) => Partial<AddServerProps>, RegExp]>([
  [
    'metrics are not found in',
    (stack) => ({ gateway: { logGroup: quiet(stack, 'Quiet') } }),
    () => ({}),
    /gateway\.logGroup is a log group of the class INFREQUENT_ACCESS; allowed: one of the class STANDARD\. .*no alarm sound/,
  ],
  [
    'a function cannot be watched in',
    (stack) => ({ functions: { logGroups: { keyRotation: quiet(stack, 'Quiet') } } }),
    () => ({}),
    /functions\.logGroups\.keyRotation is a log group of the class INFREQUENT_ACCESS/,
  ],
  [
    'a server could print metrics in',
    () => ({}),
    (stack) => ({ serverLogGroup: new LogGroup(stack, 'Own') }),
    /serverLogGroup is a log group of the class STANDARD; allowed: one that this app makes, of the class INFREQUENT_ACCESS/,
  ],
  [
    'a server might print metrics in',
    () => ({}),
    (stack) => ({ serverLogGroup: named(stack, 'server') }),
    /serverLogGroup is a log group whose class this app does not tell; allowed: one that this app makes/,
  ],
  [
    'two programs would write into',
    (stack) => ({ gateway: { logGroup: named(stack, 'all') } }),
    (stack) => ({ logGroup: LogGroup.fromLogGroupName(stack, 'Again', 'acme/all') }),
    /logGroup is .*; allowed: each log group for one program\. It is the gateway\.logGroup of Company\/Mcp\/Gateway already/,
  ],
  [
    'stands in another region',
    () => ({}),
    (stack) => ({ logGroup: LogGroup.fromLogGroupArn(stack, 'Far', 'arn:aws:logs:us-east-1:111122223333:log-group:far:*') }),
    /logGroup is a log group of the region us-east-1; allowed: one of the region eu-west-1/,
  ],
  [
    'children have no use for',
    () => ({}),
    (stack) => ({ runtime: NPM_STDIO, serverLogGroup: quiet(stack, 'Quiet') }),
    /serverLogGroup is .*; allowed: nothing on a stdio server/,
  ],
  [
    'a remote server has no use for',
    () => ({}),
    (stack) => ({ runtime: ServerRuntime.remote({ url: 'https://far.example/mcp' }), logGroup: named(stack, 'far') }),
    /logGroup is .*; allowed: nothing on a remote server/,
  ],
  ['is none', () => ({}), () => ({ logGroup: 'acme/tickets' as never }), /logGroup is "acme\/tickets"; allowed: a log group/],
])('one that %s is refused', (_, props, server, words) => {
  expect(() => fleetOf(props, server)).toThrow(words);
});
