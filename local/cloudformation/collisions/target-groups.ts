import type { Template } from '../../assembly/template';
import { referencesIn } from '../references';
import { LISTENER, LISTENER_RULE } from './listeners';
import type { Collision, Declared, Side, Update } from './update';

/** A target group that goes from one load balancer to another: the old listener has it until it is deleted. */
export function targetGroups({ before, after }: Update): Collision[] {
  const had = associationsOf(before);
  return associationsOf(after).flatMap(({ targetGroup, balancer, from, reference }) => {
    const others = had.filter((one) => one.targetGroup === targetGroup && one.balancer !== balancer);
    if (others.length === 0) return [];
    const holders = [...new Set(others.map((other) => other.from))];
    return [
      {
        kind: 'targetGroup' as const,
        logicalIds: [...referencesIn(reference), from, ...holders.filter((holder) => holder !== from)],
        what: `${from} forwards to a target group to which ${holders.join(', ')} still forwards on another load balancer.`,
        why: 'TargetGroupAssociationLimit: A target group cannot be associated with more than one load balancer.',
        fix: 'Let the other load balancer have a target group of its own: under another logical id, and without the same name.',
      },
    ];
  });
}

/** A service that is told of a new target group must wait for the listener that gives it a load balancer. */
export function servicesBeforeListeners({ before, after }: Update): Collision[] {
  const forwarders = forwardersOf(after);
  const had = new Set(before.ofType('AWS::ECS::Service').flatMap((service) => targetsOf(service).map((arn) => before.text(arn))));
  return after.ofType('AWS::ECS::Service').flatMap((service) => {
    const fresh = targetsOf(service).filter((arn) => !had.has(after.text(arn)));
    const waitsFor = dependenciesOf(service.logicalId, after.template);
    return fresh.flatMap((arn) => {
      const ways = forwarders.filter(({ forwards }) => forwards.some((target) => after.text(target) === after.text(arn)));
      if (ways.length === 0 || ways.some(({ logicalId }) => waitsFor.has(logicalId))) return [];
      return [
        {
          kind: 'service' as const,
          logicalIds: [service.logicalId, ...referencesIn(arn)],
          what: `${service.logicalId} may be told of its new target group before ${ways.map(({ logicalId }) => logicalId).join(', ')} is there.`,
          why: 'The target group does not have an associated load balancer.',
          fix: `Let it depend on the listener or its rule (DependsOn).`,
        },
      ];
    });
  });
}

interface Association {
  readonly targetGroup: string;
  /** As the template has it. */
  readonly reference: unknown;
  readonly balancer: string;
  readonly from: string;
}

/** Whoever forwards on a listener of another stack, at whose load balancer nobody can tell here, is left out. */
function associationsOf(side: Side): Association[] {
  const balancers = new Map(
    side.ofType(LISTENER).map((one) => [side.text({ Ref: one.logicalId }), side.text(one.properties.LoadBalancerArn)]),
  );
  return forwardersOf(side).flatMap(({ logicalId, type, properties, forwards }) => {
    const balancer = type === LISTENER ? side.text(properties.LoadBalancerArn) : balancers.get(side.text(properties.ListenerArn));
    if (balancer === undefined) return [];
    return forwards.map((reference) => ({ targetGroup: side.text(reference), reference, balancer, from: logicalId }));
  });
}

function forwardersOf(side: Side): (Declared & { readonly forwards: unknown[] })[] {
  return side.ofType(LISTENER, LISTENER_RULE).map((declared) => {
    const actions = [declared.properties.DefaultActions ?? declared.properties.Actions ?? []].flat();
    const arns = actions.flatMap((action) => [action?.TargetGroupArn, ...(action?.ForwardConfig?.TargetGroups ?? []).map(arnOf)]);
    return { ...declared, forwards: arns.filter((arn) => arn !== undefined) };
  });
}

function targetsOf({ properties }: Declared): unknown[] {
  const balancers = Array.isArray(properties.LoadBalancers) ? properties.LoadBalancers : [];
  return balancers.map(arnOf).filter((arn) => arn !== undefined);
}

function arnOf(target: { readonly TargetGroupArn?: unknown } | undefined): unknown {
  return target?.TargetGroupArn;
}

/** Everything that is done before a resource, by references or by `DependsOn`. */
function dependenciesOf(logicalId: string, template: Template, found = new Set<string>()): Set<string> {
  const resource = template.Resources[logicalId];
  for (const id of [resource?.DependsOn ?? []].flat().concat(referencesIn(resource?.Properties))) {
    if (found.has(id)) continue;
    found.add(id);
    dependenciesOf(id, template, found);
  }
  return found;
}
