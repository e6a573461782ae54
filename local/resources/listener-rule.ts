import { LocalAccountError } from '../account-error';
import { Listener } from '../alb/listener';
import { type ActionProperties, type ConditionProperties, readActions, readConditions } from '../alb/listener-rules';
import type { Machinery } from '../machinery';
import { requireRoomFor } from './balancer-quotas';
import { attributes, type Created, type Provisioner, type ResourceRequest } from './provisioner';

/** AWS::ElasticLoadBalancingV2::ListenerRule, as far as it is read. */
interface ListenerRuleProperties {
  readonly ListenerArn: string;
  readonly Priority: number;
  readonly Conditions: readonly ConditionProperties[];
  readonly Actions: readonly ActionProperties[];
}

export const listenerRule: Provisioner<ListenerRuleProperties> = {
  phase: 'load balancers',
  noun: ['rule', 'rules'],
  honours: ['ListenerArn', 'Priority', 'Conditions', 'Actions'],
  ignores: [],
  joins: 'ListenerArn',
  create: async (request, machinery) => {
    const ref = `${request.properties.ListenerArn.replace(':listener/', ':listener-rule/')}/${request.generatedName}`;
    await openDoors(request, machinery);
    return setRule(ref, request, machinery);
  },
  update: async (request, { ref }, machinery) => setRule(ref, request, machinery),
  delete: async ({ ref, properties }, { listeners }) => listeners.get(properties.ListenerArn)?.removeRule(ref),
};

/** What an Application Load Balancer has unless it is told otherwise, in seconds. */
const DEFAULT_IDLE_TIMEOUT = 60;

/** Where a fleet enters a listener of the company. One that no template makes is somewhere else, and another takes its place here. */
async function openDoors({ properties, stack }: ResourceRequest<ListenerRuleProperties>, machinery: Machinery): Promise<void> {
  const { ListenerArn, Conditions } = properties;
  const hosts = Conditions.flatMap(({ Field, HostHeaderConfig, Values }) =>
    Field === 'host-header' ? (HostHeaderConfig?.Values ?? Values ?? []) : [],
  );
  for (const host of hosts) {
    const port = machinery.doorFor(stack.name, host);
    if (port === undefined) continue;
    const listener = machinery.listeners.get(ListenerArn) ?? (await elsewhere(machinery));
    machinery.listeners.set(ListenerArn, listener);
    const opened = await listener.openDoor(host, port);
    await machinery.certificates.cover(host);
    machinery.ecs.addresses.addText(`"baseUrl":"https://${host}"`, `"baseUrl":"${opened}"`);
  }
}

function elsewhere({ targetGroups, cuts, certificates }: Machinery): Promise<Listener> {
  return Listener.start({
    port: 0,
    idleTimeoutSeconds: () => DEFAULT_IDLE_TIMEOUT,
    defaultAction: { type: 'fixed-response', status: 404, contentType: 'text/plain', body: 'Not found' },
    targetGroup: (arn) => targetGroups.get(arn),
    cuts,
    certificates,
  });
}

function setRule(ref: string, { properties, path }: ResourceRequest<ListenerRuleProperties>, { listeners, ecs }: Machinery): Created {
  const listener = listeners.get(properties.ListenerArn);
  if (!listener)
    throw new LocalAccountError('INVALID_ASSEMBLY', `${path} names a listener that does not exist: ${properties.ListenerArn}.`);
  const priority = Number(properties.Priority);
  const action = readActions(properties.Actions, `${path}/Actions`, (issuer) => ecs.addresses.standIn(issuer));
  const siblings = [...listeners].filter(([arn]) => balancerOf(arn) === balancerOf(properties.ListenerArn)).map(([, one]) => one);
  requireRoomFor({ ref, priority, conditions: properties.Conditions, action, path }, listener, siblings);
  listener.setRule(ref, { priority, matches: readConditions(properties.Conditions, path), action });
  return { ref, attribute: attributes({ RuleArn: ref, IsDefault: false }) };
}

/** The part of a listener's ARN that its siblings share. */
function balancerOf(listenerArn: string): string {
  return listenerArn.slice(0, listenerArn.lastIndexOf('/'));
}
