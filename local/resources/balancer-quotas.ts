import { LocalAccountError } from '../account-error';
import type { Listener } from '../alb/listener';
import { type Action, type ConditionProperties, targetGroupsOf } from '../alb/listener-rules';
import { QUOTAS } from '../quotas';

/** A rule that is to be set. */
export interface WantedRule {
  /** Its ARN. */
  readonly ref: string;
  readonly priority: number;
  readonly conditions: readonly ConditionProperties[];
  readonly action: Action;
  /** For messages. */
  readonly path: string;
}

/**
 * As Elastic Load Balancing takes a rule, or does not (API Reference, CreateRule).
 * @param own listener that gets it @param siblings every listener of the load balancer
 * @throws LocalAccountError CREATE_FAILED with the code that AWS gives
 */
export function requireRoomFor(
  { ref, priority, conditions, action, path }: WantedRule,
  own: Listener,
  siblings: readonly Listener[],
): void {
  const refuse = (code: string, message: string): never => {
    throw new LocalAccountError('CREATE_FAILED', `${path}: ${code}: ${message}`);
  };
  const values = conditions.reduce((sum, condition) => sum + valuesOf(condition), 0);
  if (values > QUOTAS.conditionValues.most)
    refuse(
      'TooManyConditionValues',
      `The rule has ${values} condition values; allowed: ${QUOTAS.conditionValues.most}. Make a second rule.`,
    );
  const others = siblings.flatMap((listener) => listener.ruleNames()).filter((name) => name !== ref);
  if (others.length >= QUOTAS.rules.most)
    refuse('TooManyRules', `The load balancer has ${others.length} rules; allowed: ${QUOTAS.rules.most}, unless the quota was raised.`);
  const groups = new Set([...siblings.flatMap((listener) => listener.targetGroups()), ...targetGroupsOf(action)]);
  if (groups.size > QUOTAS.targetGroups.most)
    refuse(
      'TooManyUniqueTargetGroupsPerLoadBalancer',
      `With this rule it would have ${groups.size}; allowed: ${QUOTAS.targetGroups.most}.`,
    );
  if (own.priorityOwner(priority, ref) !== undefined) refuse('PriorityInUse', `Priority ${priority} is currently in use by another rule.`);
}

function valuesOf({ Values, PathPatternConfig, HostHeaderConfig, HttpHeaderConfig, HttpRequestMethodConfig }: ConditionProperties): number {
  const given = PathPatternConfig ?? HostHeaderConfig ?? HttpHeaderConfig ?? HttpRequestMethodConfig;
  return (given?.Values ?? Values ?? []).length;
}
