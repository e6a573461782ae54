import { type Claim, type Collision, contestsIn, holderText, idsOf, type Side, type Update } from './update';

const METRICS = ['CustomizedMetricSpecification', 'PredefinedMetricSpecification'];

/** What is scaled follows one metric by one policy. */
export function scalingPolicies(update: Update): Collision[] {
  return contestsIn(update, claims).map((contest) => ({
    kind: 'scalingPolicy',
    logicalIds: idsOf(contest),
    what: `${contest.claimant} follows the same metric as ${holderText(contest)}, which is still there.`,
    why: 'Only one TargetTrackingScaling policy for a given metric specification is allowed.',
    fix: 'Keep the logical id of the policy, or remove the old one in an update before.',
  }));
}

function claims(side: Side): Claim[] {
  return side.ofType('AWS::ApplicationAutoScaling::ScalingPolicy').flatMap(({ logicalId, properties }) => {
    const { ScalingTargetId, ResourceId, TargetTrackingScalingPolicyConfiguration: tracking } = properties;
    if (tracking === undefined) return [];
    return [{ key: side.text([ScalingTargetId, ResourceId, METRICS.map((name) => tracking[name] ?? null)]), logicalId }];
  });
}
