import { expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import type { McpServer } from '../../lib';
import { keepWithinLimits, warnOfSecurityGroupRules } from '../../lib/fleet-limits';
import { NPM_HTTP, newApp, newFleet } from './example-fleet';

/** A fleet of two servers in a stack that may have so many resources. */
function fleetIn(limit: number) {
  const app = newApp();
  app.node.setContext('@aws-cdk/core:stackResourceLimit', limit);
  const fleet = newFleet(new Stack(app, 'Company'));
  for (const name of ['tickets', 'notes']) fleet.addServer(name, { runtime: NPM_HTTP });
  return { app, fleet };
}

test('a stack with too many resources is refused with what a server takes, and for how many there is room', () => {
  const { app } = fleetIn(160);

  expect(() => app.synth()).toThrow(
    /The stack Company has 1[67]\d resources; allowed: 160 \(CloudFormation\)\. The 2 servers of the fleet have 2\d each, as a rule, and 11\d stand beside them\. There is room for about 1 such servers\. Put the fleet into a stack of its own/,
  );
});

test('what CDK does not count is not counted here', () => {
  const { app } = fleetIn(0);

  expect(() => app.synth()).not.toThrow();
});

test('a balancer with more target groups than it can have is refused', () => {
  const stack = new Stack(newApp(), 'Company');
  const servers = (count: number) => Array.from({ length: count }, () => ({ targetGroup: {} }) as McpServer);
  let present = servers(99);
  keepWithinLimits(stack, () => present);

  expect(stack.node.validate()).toEqual([]);
  present = [...present, ...servers(1)];
  expect(stack.node.validate()).toEqual([expect.stringMatching(/has 101 target groups.*allowed: 100 \(Elastic Load Balancing\)/)]);
});

test('rules of a security group beyond the usual quota are warned of, once', () => {
  const stack = new Stack(newApp(), 'Company');
  warnOfSecurityGroupRules(stack, 60);
  Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  const another = new Stack(newApp(), 'Company');
  for (const count of [61, 62]) warnOfSecurityGroupRules(another, count);

  expect(Annotations.fromStack(another).findWarning('*', Match.stringLikeRegexp('outbound rule to each'))).toHaveLength(1);
});
