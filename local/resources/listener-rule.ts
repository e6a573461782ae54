import { LocalAccountError } from '../account-error';
import { type ActionProperties, type ConditionProperties, readActions, readConditions } from '../alb/listener-rules';
import { attributes, type Provisioner } from './provisioner';

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
  create: async ({ properties, path, generatedName }, { listeners }) => {
    const listener = listeners.get(properties.ListenerArn);
    if (!listener)
      throw new LocalAccountError('INVALID_ASSEMBLY', `${path} names a listener that does not exist: ${properties.ListenerArn}.`);
    listener.addRule({
      priority: Number(properties.Priority),
      matches: readConditions(properties.Conditions, path),
      action: readActions(properties.Actions, `${path}/Actions`),
    });
    const ref = `${properties.ListenerArn.replace(':listener/', ':listener-rule/')}/${generatedName}`;
    return { ref, attribute: attributes({ RuleArn: ref, IsDefault: false }) };
  },
};
