import { type Claim, type Collision, contestsIn, holderText, idsOf, type Side, type Update } from './update';

export const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
export const LISTENER_RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';

/** A port of a load balancer has one listener. */
export function listenerPorts(update: Update): Collision[] {
  return contestsIn(update, portClaims).map((contest) => ({
    kind: 'listenerPort',
    logicalIds: idsOf(contest),
    what: `${contest.claimant} listens on a port of a load balancer on which ${holderText(contest)} still listens.`,
    why: 'DuplicateListener: A listener already exists on this port for this load balancer.',
    fix: 'Keep the logical id of the listener, or choose another port, or remove the old listener in an update before.',
  }));
}

/** A priority has one rule, and a rule that goes has it until the end. */
export function rulePriorities(update: Update): Collision[] {
  return contestsIn(update, priorityClaims).map((contest) => ({
    kind: 'rulePriority',
    logicalIds: idsOf(contest),
    what: `${contest.claimant} takes the priority that ${holderText(contest)} still has on the same listener.`,
    why: 'PriorityInUse: Priority is currently in use.',
    fix: 'Choose a priority that no rule has before the update, or move the rules one after the other.',
  }));
}

function portClaims(side: Side): Claim[] {
  return side.ofType(LISTENER).map(({ logicalId, properties }) => ({
    key: side.text([properties.LoadBalancerArn, String(properties.Port)]),
    logicalId,
  }));
}

function priorityClaims(side: Side): Claim[] {
  return side.ofType(LISTENER_RULE).map(({ logicalId, properties }) => ({
    key: side.text([properties.ListenerArn, String(properties.Priority)]),
    logicalId,
  }));
}
