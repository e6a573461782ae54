import { expect, test } from '@jest/globals';
import { type App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { GRANTS_RESOURCE } from '../../core/grants-document';
import { LISTED_SERVER_RESOURCE } from '../../core/listed-servers';
import { type McpFleet, McpServer, ServerRuntime, ToolPolicy } from '../../lib';
import { configOf, documentOf, NPM_HTTP, newFleet, newServer, statementsOf, taskRoleOf, templateOf } from './example-fleet';

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
  expect(plain?.service?.connections.securityGroups).toEqual(special?.service?.connections.securityGroups);
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
