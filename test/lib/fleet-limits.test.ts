import { expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import type { McpServer } from '../../lib';
import { keepWithinLimits } from '../../lib/fleet-limits';
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
    /The stack Company has 16\d resources; allowed: 160 \(CloudFormation\)\. The 2 servers of the fleet have 19 each, as a rule, and 12\d stand beside them\. There is room for about 1 such servers\. Put servers into stacks of their own/,
  );
});

test('what CDK does not count is not counted here', () => {
  const { app } = fleetIn(0);

  expect(() => app.synth()).not.toThrow();
});

test('a balancer with more target groups than it can have is refused', () => {
  const stack = new Stack(newApp(), 'Company');
  const servers = (count: number) => Array.from({ length: count }, () => ({ targetGroup: {} }) as McpServer);
  const hosted = (count: number) => Array.from({ length: count }, (_, at) => ({ serverName: `server-${at}`, isHosted: true }));
  const remote = { serverName: 'far', isHosted: false };
  let present = { own: servers(38), listed: [...hosted(60), remote], room: 60 };
  keepWithinLimits(stack, () => present);

  expect(stack.node.validate()).toEqual([]);
  present = { own: servers(39), listed: hosted(61), room: 60 };
  expect(stack.node.validate()).toEqual([
    expect.stringMatching(/39 servers in its own stack; allowed: 38.*100 target groups/),
    expect.stringMatching(/61 servers in other stacks of this app; allowed: 60.*Raise serverBalancers: each more takes 90/),
  ]);
});
