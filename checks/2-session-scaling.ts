import { SIDECAR_CONFIG_VARIABLE, type SidecarConfig } from '../core/fleet-config';
import { sessionKey } from '../core/session-key';
import { expectations, type Findings } from './check';
import type { CheckedFleet } from './fleet';
import type { SidecarHolding } from './holding';
import { fleetLoad } from './load';
import { nobodyLine } from './missing-line';
import { containersOf, documentIn, type Located, referencesIn, resourcesOf } from './template';

interface TargetTracking {
  readonly TargetValue?: number;
  readonly PredefinedMetricSpecification?: { readonly PredefinedMetricType?: string };
  readonly CustomizedMetricSpecification?: { readonly MetricName?: string; readonly Namespace?: string; readonly Statistic?: string };
}

/** Check 2: servers scale and alarm on concurrent sessions, not on CPU or requests per second. */
export async function sessionScaling(fleet: CheckedFleet): Promise<Findings> {
  const { expect, failures } = expectations();
  const hosted = fleet.servers.filter(({ sidecar }) => sidecar !== undefined);
  if (hosted.length === 0) {
    const why = nobodyLine(fleet) ?? 'Every server runs outside the fleet, so that there is nothing to scale';
    return { evidence: { servers: fleet.servers.length, serversThatScale: 0 }, failures, notProbed: [why] };
  }
  const { holding, before } = await fleetLoad(fleet);
  const held = await heldByAgents(fleet);

  for (const { task, server, activeSessions, slotsInUse, slotUtilization } of holding.sidecars) {
    const where = `${server} ${task}`;
    const agents = held.get(task) ?? 0;
    // Where somebody else works with the fleet, sessions of theirs may have come and gone.
    const counted = (before.get(task) ?? 0) === 0 ? activeSessions === agents : (activeSessions ?? 0) >= agents;
    expect(counted, `${where} reported ${activeSessions} ActiveSessions while agents held ${agents} sessions there`);
    expect((slotsInUse ?? 0) >= agents, `${where} reported ${slotsInUse} SlotsInUse for ${agents} sessions`);
    const slots = hosted.find(({ name }) => name === server)?.sidecar?.slots;
    const expected = slots && slotsInUse !== undefined ? (slotsInUse / slots) * 100 : undefined;
    const agrees = expected !== undefined && slotUtilization !== undefined && Math.abs(expected - slotUtilization) < 0.1;
    expect(agrees, `${where} reported ${slotUtilization} % SlotUtilization; ${slotsInUse} of ${slots} slots are ${expected} %`);
  }
  for (const { name } of hosted) {
    const runs = holding.sidecars.some(({ server }) => server === name);
    expect(runs, `No sidecar of ${name} runs`);
  }

  const services = serverServices(fleet);
  const scaling = services.map((service) => ({ service, ...policiesOf(fleet, service) }));
  for (const { service, metrics, cpuOrRequests } of scaling) {
    expect(
      metrics.includes('SlotUtilization Average'),
      `Service ${service.id} has no target tracking on average SlotUtilization: ${metrics}`,
    );
    expect(cpuOrRequests.length === 0, `Service ${service.id} scales on ${cpuOrRequests.join(', ')}`);
  }
  expect(services.length === hosted.length, `The template has ${services.length} services with a sidecar for ${hosted.length} servers`);
  const alarms = hosted.map(({ name }) => ({ server: name, alarms: alarmsOn(fleet, name) }));
  for (const { server, alarms: found } of alarms) expect(found.length > 0, `The template has no alarm on SlotUtilization of ${server}`);

  return {
    evidence: {
      instances: holding.sidecars.map((sidecar) => ({ ...report(sidecar), heldByAgents: held.get(sidecar.task) ?? 0 })),
      scaling: scaling.map(({ service, metrics, target }) => ({ service: service.id, metrics, target })),
      alarms: alarms.flatMap(({ alarms: found }) => found),
    },
    failures,
    missing: 'the local account does not evaluate scaling policies yet, so no instance was seen to be added or removed',
  };
}

/** Sessions of the load by the instance that holds them: as the gateway noted it, not from what sidecars say. */
async function heldByAgents(fleet: CheckedFleet): Promise<ReadonlyMap<string, number>> {
  const { sessions, holding } = await fleetLoad(fleet);
  const ours = new Set(sessions.map(({ id }) => sessionKey(id)));
  const counts = new Map<string, number>();
  for (const { session, instance } of holding.directory) {
    if (instance !== undefined && ours.has(session)) counts.set(instance, (counts.get(instance) ?? 0) + 1);
  }
  return counts;
}

function report({ task, server, activeSessions, slotsInUse, slotUtilization }: SidecarHolding) {
  return { server, task, activeSessions, slotsInUse, slotUtilization };
}

/** Services of the fleet whose task has a sidecar. */
function serverServices({ account }: CheckedFleet): readonly Located[] {
  const tasks = containersOf(account).filter(
    ({ environment }) => documentIn<SidecarConfig>(environment, SIDECAR_CONFIG_VARIABLE)?.fleet === account.fleet,
  );
  return resourcesOf(account, 'AWS::ECS::Service').filter(({ stack, resource }) =>
    tasks.some((task) => task.stack === stack && referencesIn(resource.Properties?.TaskDefinition).includes(task.id)),
  );
}

/** Alarms on SlotUtilization of a server of this fleet, by their dimensions. */
function alarmsOn({ account }: CheckedFleet, server: string): readonly string[] {
  const alarms = resourcesOf(account, 'AWS::CloudWatch::Alarm').filter(({ resource }) => {
    const text = JSON.stringify(resource);
    return text.includes('"SlotUtilization"') && text.includes(JSON.stringify(server)) && text.includes(JSON.stringify(account.fleet));
  });
  return alarms.map(({ id }) => id);
}

function policiesOf({ account }: CheckedFleet, service: Located) {
  const here = ({ stack }: Located): boolean => stack === service.stack;
  const targets = resourcesOf(account, 'AWS::ApplicationAutoScaling::ScalableTarget').filter(
    (target) => here(target) && referencesIn(target.resource.Properties?.ResourceId).includes(service.id),
  );
  const policies = resourcesOf(account, 'AWS::ApplicationAutoScaling::ScalingPolicy').filter(
    (policy) =>
      here(policy) && referencesIn(policy.resource.Properties?.ScalingTargetId).some((id) => targets.some((target) => target.id === id)),
  );
  const tracking = policies.map(({ resource }) => (resource.Properties?.TargetTrackingScalingPolicyConfiguration ?? {}) as TargetTracking);
  const custom = tracking.flatMap(({ CustomizedMetricSpecification: metric }) =>
    metric ? [`${metric.MetricName} ${metric.Statistic}`] : [],
  );
  const predefined = tracking.flatMap(({ PredefinedMetricSpecification: metric }) => metric?.PredefinedMetricType ?? []);
  const cpuOrRequests = [...predefined, ...custom].filter((name) => /cpu|memory|request/i.test(name));
  return { metrics: [...custom, ...predefined], target: tracking[0]?.TargetValue, cpuOrRequests };
}
