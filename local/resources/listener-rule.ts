import { LocalAccountError } from '../account-error';
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
    return setRule(ref, request, machinery);
  },
  update: async (request, { ref }, machinery) => setRule(ref, request, machinery),
  delete: async ({ ref, properties }, { listeners }) => listeners.get(properties.ListenerArn)?.removeRule(ref),
};

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
