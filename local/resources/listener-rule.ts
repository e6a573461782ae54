import { LocalAccountError } from '../account-error';
import { type ActionProperties, type ConditionProperties, readActions, readConditions } from '../alb/listener-rules';
import type { Machinery } from '../machinery';
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
  listener.setRule(ref, {
    priority: Number(properties.Priority),
    matches: readConditions(properties.Conditions, path),
    action: readActions(properties.Actions, `${path}/Actions`, (issuer) => ecs.addresses.standIn(issuer)),
  });
  return { ref, attribute: attributes({ RuleArn: ref, IsDefault: false }) };
}
