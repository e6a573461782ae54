import { expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { AcmeStack } from '../../examples/acme/acme-stack';
import { containerOf, grantsOf, logicalIdAt, newApp, resourceAt, secretNamesOf, statementsOf, taskRoleOf } from './example-fleet';

const acme = new AcmeStack(newApp(), 'Acme');
const template = Template.fromStack(acme);

test('three servers with the instances that the company wants', () => {
  const instances = (server: string) =>
    Object.values(template.findResources('AWS::ApplicationAutoScaling::ScalableTarget'))
      .filter((target) => JSON.stringify(target.Properties.ResourceId).includes(server))
      .map((target) => target.Properties.MinCapacity);

  expect([instances('everything'), instances('memory'), instances('payments')]).toEqual([[3], [2], [2]]);
});

test('agents may call what the company says and nothing else', () => {
  const allow = (server: string, tools: string[], more: object = {}) => ({ server, effect: 'allow', tools, ...more });

  expect(grantsOf(acme)).toEqual({
    research: [allow('everything', ['*'], { resources: ['demo://resource/*'], prompts: ['*'] }), allow('memory', ['*'])],
    support: [allow('payments', ['balance', 'find_transfer', 'refund'])],
    treasury: [allow('payments', ['*'])],
  });
});

test("the provider's key reaches the payments server and no other container", () => {
  const holders = Object.values(template.findResources('AWS::ECS::TaskDefinition'))
    .flatMap((task) => task.Properties.ContainerDefinitions)
    .filter((container) => secretNamesOf(container).includes('PAYMENTS_API_KEY'));

  expect(holders).toEqual([containerOf(template, /payments\/Task/, 'server')]);
});

test('payments may put entries into its journal and read them, and has no way to delete', () => {
  const journal = logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /PaymentsJournal/);
  const onJournal = statementsOf(template, taskRoleOf(template, /payments\/Task/)).filter((statement) =>
    JSON.stringify(statement.Resource).includes(journal),
  );

  expect(onJournal.map((statement) => statement.Action)).toEqual([['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Scan']]);
});

test('the company brings the network: the fleet makes none', () => {
  template.resourceCountIs('AWS::EC2::VPC', 1);
  expect(resourceAt(template, 'AWS::EC2::VPC', /^Acme\/Network\//)).toBeDefined();
});
