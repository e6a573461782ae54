import { describe, expect, test } from '@jest/globals';
import { type App, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { GRANTS_RESOURCE } from '../../core/grants-document';
import { LISTED_SERVER_RESOURCE } from '../../core/listed-servers';
import { McpAgent, McpFleet, McpServer, ServerCredential, ServerRuntime, ToolPolicy } from '../../lib';
import {
  configOf,
  documentOf,
  NPM_HTTP,
  newFleet,
  newServer,
  newStack,
  statementsOf,
  taskRoleOf,
  templateOf,
  textOf,
} from './example-fleet';
import { ATTRIBUTES } from './fleet-attributes';

const teamStack = (fleet: McpFleet, id = 'Team') => new Stack(fleet.node.root as App, id);
const listingIn = (stack: Stack) => Object.values(Template.fromStack(stack).findResources(LISTED_SERVER_RESOURCE))[0]?.Properties;

test('a server in the stack of its team is listed there, and the stack of the fleet knows nothing of it', () => {
  const fleet = newFleet();
  const before = JSON.stringify(configOf(templateOf(newFleet())));
  const stack = teamStack(fleet);
  const payments = new McpServer(stack, 'Payments', { fleet, runtime: NPM_HTTP, tools: { pay: ToolPolicy.stateChanging() } });
  expect(payments.serverName).toBe('payments');
  const agent = fleet.addAgent('support', { subject: 'agent-support' });
  payments.grantCall(agent, { tools: ['pay'] });

  expect(JSON.stringify(configOf(templateOf(fleet)))).toBe(before);
  expect(Object.keys(templateOf(fleet).findResources(GRANTS_RESOURCE))).toEqual([]);
  const { Server, IsHosted, Config } = listingIn(stack);
  expect([Server, IsHosted]).toEqual(['payments', 'true']);
  expect(JSON.stringify(Config)).toContain('sidecarKeySecret');
  expect(documentOf(stack).agents).toMatchObject([{ name: 'support', grants: [{ server: 'payments', tools: ['pay'] }] }]);
  const [grants] = Object.values(Template.fromStack(stack).findResources(GRANTS_RESOURCE));
  expect(grants?.Properties.Servers).toEqual(['payments']);
  const namesOf = (each: Stack) => each.dependencies.map(({ stackName }) => stackName);
  expect([namesOf(stack), namesOf(Stack.of(fleet))]).toEqual([['Company'], []]);
});

test('place and priority of its rule are told at deployment, and rules of security groups do not grow', () => {
  const fleet = newFleet();
  const stack = teamStack(fleet);
  new McpServer(stack, 'Payments', { fleet, runtime: NPM_HTTP });
  const template = Template.fromStack(stack);
  const [rule] = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::ListenerRule'));
  const [listing = ''] = Object.keys(template.findResources(LISTED_SERVER_RESOURCE));

  expect(rule?.Properties).toMatchObject({
    ListenerArn: { 'Fn::GetAtt': [listing, 'ListenerArn'] },
    Priority: { 'Fn::GetAtt': [listing, 'Priority'] },
  });
  for (const type of ['SecurityGroup', 'SecurityGroupIngress', 'SecurityGroupEgress']) template.resourceCountIs(`AWS::EC2::${type}`, 0);
  const rulesOf = (each: Template) => ['Ingress', 'Egress'].map((way) => Object.keys(each.findResources(`AWS::EC2::SecurityGroup${way}`)));
  expect(rulesOf(templateOf(fleet))).toEqual(rulesOf(templateOf(newFleet())));
});

test('servers share a security group without a rule from itself; a server has one of its own as soon as somebody asks for it', () => {
  const fleet = newFleet();
  const [plain, special] = ['plain', 'special'].map((name) => fleet.addServer(name, { runtime: NPM_HTTP }));
  const groups = () =>
    Object.values(templateOf(fleet).findResources('AWS::EC2::SecurityGroup')).filter(({ Properties }) =>
      /Instances of/.test(Properties.GroupDescription),
    );
  expect(plain?.service).toBeDefined();
  const own = special?.connections.securityGroups ?? [];
  expect(own).toHaveLength(1);
  expect(special?.connections.securityGroups).toEqual(own);
  expect(groups()).toHaveLength(2);
  const services = Object.values(templateOf(fleet).findResources('AWS::ECS::Service')).map(
    ({ Properties }) => Properties.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups.length,
  );
  expect(services.sort()).toEqual([1, 1, 2]);
  const fromInstances = Object.values(templateOf(fleet).findResources('AWS::EC2::SecurityGroupIngress')).filter(({ Properties }) =>
    /ServersAccess/.test(JSON.stringify(Properties.SourceSecurityGroupId)),
  );
  expect(fromInstances).toEqual([]);
});

test('a service that is let in somewhere is let in for its own server alone', () => {
  const fleet = newFleet();
  const [reader] = ['reader', 'other'].map((name) => fleet.addServer(name, { runtime: NPM_HTTP }));
  const database = new SecurityGroup(Stack.of(fleet), 'Database', { vpc: fleet.vpc });
  database.connections.allowFrom(reader?.service as FargateService, Port.tcp(5432));
  const rules = Object.values(templateOf(fleet).findResources('AWS::EC2::SecurityGroupIngress'));
  const [entry] = rules.filter(({ Properties }) => Properties.FromPort === 5432);
  expect(JSON.stringify(entry?.Properties.SourceSecurityGroupId)).toMatch(/readerAccess/);
});

test('gateway and rotation reach the secrets of other stacks by their tag, with one statement each', () => {
  const fleet = newFleet();
  const stack = teamStack(fleet);
  for (const id of ['One', 'Two']) new McpServer(stack, id, { fleet, runtime: NPM_HTTP });
  const template = templateOf(fleet);
  const tagged = statementsOf(template, taskRoleOf(template, /Gateway\/Task/)).filter(({ Condition }) =>
    /ResourceTag/.test(JSON.stringify(Condition)),
  );
  expect(tagged).toEqual([
    expect.objectContaining({
      Action: ['secretsmanager:GetSecretValue'],
      Condition: { StringEquals: { 'aws:ResourceTag/cdk-mcp-fleet:fleet': 'orders' } },
    }),
  ]);
  const secrets = Object.values(Template.fromStack(stack).findResources('AWS::SecretsManager::Secret'));
  expect(secrets).toHaveLength(2);
  for (const { Properties } of secrets) expect(Properties.Tags).toContainEqual({ Key: 'cdk-mcp-fleet:fleet', Value: 'orders' });
});

test('a name is taken once in a fleet, wherever its server stands', () => {
  const fleet = newFleet();
  newServer({}, fleet);
  const stack = teamStack(fleet);
  new McpServer(stack, 'Notes', { fleet, runtime: NPM_HTTP });

  expect(() => new McpServer(stack, 'Tickets', { fleet, runtime: NPM_HTTP })).toThrow(
    /Team\/Tickets: server name is "tickets".*each name once/,
  );
  expect(() => fleet.addServer('notes', { runtime: NPM_HTTP })).toThrow(/server name is "notes".*each name once/);
  expect(() => new McpServer(stack, 'Not A Name', { fleet, runtime: NPM_HTTP })).toThrow(/server name is "not a name"; allowed: 1 to 31/);
  expect(() => new McpServer(stack, 'Other', { runtime: NPM_HTTP } as never)).toThrow(/fleet is missing; allowed: a fleet/);
});

test('a remote server in another stack is listed, and has no place', () => {
  const fleet = newFleet();
  const stack = teamStack(fleet);
  new McpServer(stack, 'Far', { fleet, runtime: ServerRuntime.remote({ url: 'https://far.example/mcp' }) });

  expect(listingIn(stack)).toMatchObject({ Server: 'far', IsHosted: 'false' });
  Template.fromStack(stack).resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerRule', 0);
});

test('the list tells where its programs write, and these log groups have the tag by which operators of the fleet read them', () => {
  const fleet = newFleet();
  const stack = teamStack(fleet);
  new McpServer(stack, 'Payments', { fleet, runtime: NPM_HTTP });
  const template = Template.fromStack(stack);
  const groups = template.findResources('AWS::Logs::LogGroup');

  expect(
    listingIn(stack)
      .LogGroups.map(({ Ref }: { Ref: string }) => Ref)
      .sort(),
  ).toEqual(Object.keys(groups).sort());
  expect(Object.keys(groups)).toHaveLength(2);
  for (const { Properties } of Object.values(groups))
    expect(Properties.Tags).toContainEqual({ Key: 'cdk-mcp-fleet:fleet', Value: 'orders' });
});

describe('a credential of an agent of its own, in an app that knows the fleet by its attributes', () => {
  const team = (grant: (server: McpServer, stack: Stack) => void) => {
    const stack = newStack();
    const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['a'],
      privateSubnetIds: ['s'],
      privateSubnetRouteTableIds: ['r'],
    });
    const fleet = McpFleet.fromAttributes(stack, 'Fleet', { ...ATTRIBUTES, vpc });
    const secret = (name: string) => Secret.fromSecretNameV2(stack, name, name);
    const credential = ServerCredential.header('x-api-key', secret('all'), { perAgent: { analyst: secret('analyst') } });
    grant(new McpServer(stack, 'Far', { fleet, runtime: ServerRuntime.remote({ url: 'https://far.example/mcp', credential }) }), stack);
    Validations.of(stack.node.root).acknowledge({ id: 'cdk-mcp-fleet:secretTag', reason: 'a test' });
    return stack;
  };
  const agent = (stack: Stack, id: string, subject: string) => McpAgent.fromAgentAttributes(stack, id, { agentName: 'analyst', subject });

  test('is of the subject to which the stack grants something', () => {
    const stack = team((server, at) => server.grantCall(agent(at, 'Analyst', 'agent-analyst'), { tools: ['list'] }));
    const { credential } = JSON.parse(textOf(listingIn(stack).Config));
    expect(credential.perAgent).toEqual([expect.objectContaining({ issuer: 'https://login.example', subject: 'agent-analyst' })]);
  });

  test.each<[string, Parameters<typeof team>[0], RegExp]>([
    [
      'that nobody knows',
      () => {},
      /secret for the agent "analyst", of which this app does not know whose tokens are its own; allowed: .*fromAgentAttributes/,
    ],
    [
      'that is two',
      (server, at) => {
        server.grantCall(agent(at, 'One', 'agent-one'), { tools: ['list'] });
        server.grantCall(agent(at, 'Two', 'agent-two'), { tools: ['list'] });
      },
      /"analyst", of which this stack names 2 subjects \(agent-one, agent-two\)/,
    ],
  ])('%s is refused', (_, grant, words) => {
    expect(() => Template.fromStack(team(grant))).toThrow(words);
  });
});

test('more load balancers are behind the one security group, and the gateway knows each by its number', () => {
  const template = templateOf(newFleet(undefined, { serverBalancers: 3 }));
  const balancers = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::LoadBalancer')).map(
    ({ Properties }) => Properties.SecurityGroups,
  );

  expect(balancers).toHaveLength(3);
  expect(new Set(balancers.map((groups) => JSON.stringify(groups))).size).toBe(1);
  expect(configOf(template).listedServersUrls).toHaveLength(3);
  expect(new Set(configOf(template).listedServersUrls).size).toBe(3);
});
