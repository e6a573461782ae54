import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readCloudAssembly } from '../../../local/assembly/cloud-assembly';
import type { Template } from '../../../local/assembly/template';
import type { LocalAccount, ServiceEvent } from '../../../local/local-account';
import { startLocalAccount } from '../../../local/start';
import { synthesizeFleet } from '../../suites/fleet-app';
import { eventually } from '../../suites/waiting';
import type { Given } from '../scenes/scene';
import { altered, called, networksApp, STACK } from './fleet';
import { type Mutation, removals } from './mutations';
import { playStarts } from './starts';

/** For a machine that others use, too: a load balancer gives a target up after three checks. */
const UNHEALTHY_WITHIN_MS = 120_000;

/** Takes rules away from a running account, or, in full, from one before it starts. @returns how many */
export async function playRemovals(given: Given): Promise<number> {
  const { scratch, steps, long, say } = given;
  const synthesized = join(scratch, 'cdk.out');
  synthesizeFleet(networksApp, synthesized);
  const assembly = altered(synthesized, join(scratch, 'impatient'), impatient);
  const folder = join(scratch, 'account');
  mkdirSync(folder, { recursive: true });
  const events: ServiceEvent[] = [];
  const account = await steps.take('a fleet of two servers runs', () =>
    startLocalAccount({
      assembly,
      port: 0,
      controlFolder: folder,
      onServiceEvent: (event) => events.push(event),
      onProgress: ({ name, detail }) => name === 'network' && say(`    ${detail}`),
    }),
  );
  try {
    await playRunning(given, account, assembly, events);
  } finally {
    await account.stop();
  }
  return 2 + (long ? await playStarts(given, assembly) : 0);
}

/** In a running account the load balancer feels it at once, and gateways when they are replaced. */
async function playRunning(
  { scratch, steps }: Given,
  account: LocalAccount,
  assembly: string,
  events: readonly ServiceEvent[],
): Promise<void> {
  const all = removals(readCloudAssembly(assembly).stacks);
  const apply = (name: string, mutation: Mutation) => account.apply(altered(assembly, join(scratch, name), () => templateOf(mutation)));
  await steps.take('both servers answer', async () => expectOf(account, 'answered', 'one', 'two'));

  const gone = found(all, /^SecurityGroupIngress .*McpServersAccessfrom/);
  await steps.take(`without ${gone.what}: targets time out, tasks are replaced in vain, and calls are not executed`, async () => {
    await apply('without-ingress', gone);
    await eventually(
      'the load balancer gives the tasks of "one" up, because they time out',
      async () => events.some((event) => 'what' in event && event.server === 'one' && event.what.includes('Request timed out')),
      UNHEALTHY_WITHIN_MS,
    );
    for (const server of ['one', 'two']) {
      await eventually(
        `a call of "${server}" is known not to be executed`,
        async () => / not_executed$/.test(await called(account, server)),
        UNHEALTHY_WITHIN_MS,
      );
    }
  });
  const way = found(all, /^SecurityGroupIngress .*InternalAccessfrom.*Gateway/);
  await steps.take(`without ${way.what}: new gateways come to no server, and say that nothing was executed`, async () => {
    await apply('without-way', way);
    await account.redeploy('gateway');
    await expectOf(account, 'NOT_DELIVERED not_executed', 'two');
  });
}

/** Health checks of the shortest timeout that there is, so that a target is given up sooner. */
function impatient(template: Template): Template {
  const changed = Object.entries(template.Resources).map(([id, resource]) => [
    id,
    resource.Type === 'AWS::ElasticLoadBalancingV2::TargetGroup'
      ? { ...resource, Properties: { ...resource.Properties, HealthCheckTimeoutSeconds: 2 } }
      : resource,
  ]);
  return { ...template, Resources: Object.fromEntries(changed) };
}

async function expectOf(account: LocalAccount, expected: string, ...servers: readonly string[]): Promise<void> {
  for (const server of servers) {
    const came = await called(account, server);
    if (came !== expected) throw new Error(`A call of "${server}" came to ${came}, and not to ${expected}.`);
  }
}

function found(all: readonly Mutation[], what: RegExp): Mutation {
  const mutation = all.find((one) => what.test(one.what));
  if (mutation === undefined) throw new Error(`No rule is ${what}; there are ${all.map((one) => one.what).join(', ')}.`);
  return mutation;
}

function templateOf({ stacks }: Mutation) {
  const stack = stacks.find(({ name }) => name === STACK);
  if (stack === undefined) throw new Error(`There is no stack ${STACK}.`);
  return stack.template;
}
