import type { Template } from '../assembly/template';
import { listenerPorts, rulePriorities } from './collisions/listeners';
import { names } from './collisions/names';
import { networks } from './collisions/networks';
import { codeDeployServices, serviceTokens, types } from './collisions/refused-changes';
import { scalingPolicies } from './collisions/scaling-policies';
import { securityGroupRules } from './collisions/security-group-rules';
import { tableIndexes } from './collisions/table-indexes';
import { servicesBeforeListeners, targetGroups } from './collisions/target-groups';
import { type Collision, type Rule, updateOf } from './collisions/update';

export type { Collision } from './collisions/update';

const RULES: readonly Rule[] = [
  types,
  names,
  networks,
  targetGroups,
  servicesBeforeListeners,
  listenerPorts,
  rulePriorities,
  securityGroupRules,
  scalingPolicies,
  tableIndexes,
  codeDeployServices,
  serviceTokens,
];

/**
 * What AWS would refuse in the midst of an update, because CloudFormation makes what is new before it deletes what is old, or because a
 * change is none that it makes. Where values are known at deployment only, or order alone decides, the two templates tell nothing and
 * nothing is found. Whoever knows the conditions and parameters of a deployment leaves out what does not exist and fills in the values:
 * of two resources that exclude each other, each is taken for one that is there.
 */
export function collisionsOf(before: Template, after: Template): Collision[] {
  const update = updateOf(before, after);
  return RULES.flatMap((rule) => rule(update));
}
