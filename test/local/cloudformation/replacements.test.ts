import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { identifierOf, isStateful, recreationOf } from '../../../local/cloudformation/replacements';

const root = join(__dirname, '../../..');

test('what is known is what the installed specification says: else run node build/replacements.mjs', () => {
  const written = join(tmpdir(), 'replacements.json');
  expect(spawnSync(process.execPath, ['build/replacements.mjs', written], { cwd: root, encoding: 'utf8' })).toMatchObject({ status: 0 });

  // Not by toEqual: a difference of 200 kB is no message.
  expect(readFileSync(written, 'utf8') === readFileSync(join(root, 'local/cloudformation/replacements.json'), 'utf8')).toBe(true);
});

test.each([
  ['AWS::ElasticLoadBalancingV2::Listener', 'LoadBalancerArn', 'Always'],
  ['AWS::ElasticLoadBalancingV2::Listener', 'Port', 'Never'],
  ['AWS::ElasticLoadBalancingV2::LoadBalancer', 'Scheme', 'Always'],
  ['AWS::DynamoDB::GlobalTable', 'KeySchema', 'Always'],
  ['AWS::DynamoDB::GlobalTable', 'KeySchema.0.AttributeName', 'Always'],
  ['AWS::ECS::Service', 'LoadBalancers', 'Never'],
  ['AWS::EC2::Subnet', 'Ipv6CidrBlock', 'Conditionally'],
  ['AWS::Lambda::Function', 'Code.S3Key', 'Never'],
  ['AWS::CloudFormation::CustomResource', 'ServiceToken', 'Conditionally'],
  ['Custom::McpFleetAllowlist', 'ServiceToken', 'Conditionally'],
  ['Custom::McpFleetAllowlist', 'Subject', 'Never'],
  ['AWS::CDK::Metadata', 'Analytics', 'Never'],
  ['Acme::Payments::Account', 'Currency', 'Conditionally'],
])('%s: a change of %s replaces it: %s', (type, property, recreation) => {
  expect(recreationOf(type, property)).toBe(recreation);
});

test('what a resource is imported by, and what holds data', () => {
  expect(identifierOf('AWS::DynamoDB::Table')).toEqual(['TableName']);
  expect(identifierOf('Acme::Payments::Account')).toEqual([]);
  expect(isStateful('AWS::DynamoDB::GlobalTable')).toBe(true);
  expect(isStateful('AWS::ECS::Service')).toBe(false);
  expect(isStateful('Acme::Payments::Account')).toBe(false);
});
