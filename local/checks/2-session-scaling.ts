import { SIDECAR_CONFIG_VARIABLE } from '../../core/fleet-config';
import { sessionKey } from '../../core/session-key';
import type { LocalAccount } from '../local-account';
import { expectations, type Findings } from './check';
import { fleetLoad } from './fleet-load';
import type { SidecarHolding } from './holding';
import { tablesOf } from './tables';
import { containersOf, type Located, referencesIn, resourcesOf } from './template';

interface TargetTracking {
  readonly TargetValue?: number;
  readonly PredefinedMetricSpecification?: { readonly PredefinedMetricType?: string };
  readonly CustomizedMetricSpecification?: { readonly MetricName?: string; readonly Namespace?: string; readonly Statistic?: string };
}

/** Check 2: servers scale and alarm on concurrent sessions, not on CPU or requests per second. */
export async function sessionScaling(account: LocalAccount): Promise<Findings> {
  const { expect, failures } = expectations();
  const { sidecars } = (await fleetLoad(account)).holding;
  const held = await heldByAgents(account);

  for (const sidecar of sidecars) {
    const { task, server, activeSessions, slotsInUse, slotUtilization, sessions } = sidecar;
    const where = `${server} ${task}`;
    const agents = held.get(task) ?? 0;
    expect(activeSessions === agents, `${where} reported ${activeSessions} ActiveSessions while agents held ${agents} sessions there`);
    expect(sessions === agents, `${where} answers that it holds ${sessions} sessions while agents held ${agents} there`);
    expect((slotsInUse ?? 0) >= agents, `${where} reported ${slotsInUse} SlotsInUse for ${agents} sessions`);
    const slots = slotsOf(account, server);
    const expected = slots && slotsInUse !== undefined ? (slotsInUse / slots) * 100 : undefined;
    const agrees = expected !== undefined && slotUtilization !== undefined && Math.abs(expected - slotUtilization) < 0.1;
    expect(agrees, `${where} reported ${slotUtilization} % SlotUtilization; ${slotsInUse} of ${slots} slots are ${expected} %`);
  }
  expect(sidecars.length > 0, 'No sidecar runs');

  const scaling = serverServices(account).map((service) => policiesOf(account, service));
  for (const { service, metrics, cpuOrRequests } of scaling) {
    expect(metrics.includes('SlotUtilization Average'), `Service ${service} has no target tracking on average SlotUtilization: ${metrics}`);
    expect(cpuOrRequests.length === 0, `Service ${service} scales on ${cpuOrRequests.join(', ')}`);
  }
  expect(scaling.length > 0, 'The template has no service with a sidecar');
  const alarms = resourcesOf(account, 'AWS::CloudWatch::Alarm').filter(({ resource }) =>
    JSON.stringify(resource).includes('"SlotUtilization"'),
  );
  expect(alarms.length >= scaling.length, `The template has ${alarms.length} alarms on SlotUtilization for ${scaling.length} servers`);

  return {
    evidence: {
      instances: sidecars.map((sidecar) => ({ ...report(sidecar), heldByAgents: held.get(sidecar.task) ?? 0 })),
      scaling: scaling.map(({ service, metrics, target }) => ({ service, metrics, target })),
      alarms: alarms.map(({ id }) => id),
    },
    failures,
    missing: 'the local account does not evaluate scaling policies yet, so no instance was seen to be added or removed',
  };
}

/** Sessions of the load by the instance that answered them: counted from the ledger, not from what sidecars say. */
async function heldByAgents(account: LocalAccount): Promise<ReadonlyMap<string, number>> {
  const open = new Set((await fleetLoad(account)).sessions.map(sessionKey));
  const instances = new Map<string, string>();
  for (const { session, instance } of await tablesOf(account).ledger()) {
    if (session !== undefined && instance !== undefined && open.has(session)) instances.set(session, instance);
  }
  const counts = new Map<string, number>();
  for (const instance of instances.values()) counts.set(instance, (counts.get(instance) ?? 0) + 1);
  return counts;
}

function report({ task, server, activeSessions, slotsInUse, slotUtilization }: SidecarHolding) {
  return { server, task, activeSessions, slotsInUse, slotUtilization };
}

function slotsOf(account: LocalAccount, server: string | undefined): number | undefined {
  const configs = containersOf(account)
    .map(({ environment }) => environment[SIDECAR_CONFIG_VARIABLE])
    .filter((text) => typeof text === 'string')
    .map((text) => JSON.parse(text) as { server: string; slots: number });
  return configs.find((config) => config.server === server)?.slots;
}

/** Services whose task has a sidecar. */
function serverServices(account: LocalAccount): readonly Located[] {
  const tasks = new Set(containersOf(account).flatMap(({ id, environment }) => (SIDECAR_CONFIG_VARIABLE in environment ? [id] : [])));
  return resourcesOf(account, 'AWS::ECS::Service').filter(({ resource }) =>
    referencesIn(resource.Properties?.TaskDefinition).some((id) => tasks.has(id)),
  );
}

function policiesOf(account: LocalAccount, service: Located) {
  const targets = resourcesOf(account, 'AWS::ApplicationAutoScaling::ScalableTarget').filter(({ resource }) =>
    referencesIn(resource.Properties?.ResourceId).includes(service.id),
  );
  const policies = resourcesOf(account, 'AWS::ApplicationAutoScaling::ScalingPolicy').filter(({ resource }) =>
    referencesIn(resource.Properties?.ScalingTargetId).some((id) => targets.some((target) => target.id === id)),
  );
  const tracking = policies.map(({ resource }) => (resource.Properties?.TargetTrackingScalingPolicyConfiguration ?? {}) as TargetTracking);
  const custom = tracking.flatMap(({ CustomizedMetricSpecification: metric }) =>
    metric ? [`${metric.MetricName} ${metric.Statistic}`] : [],
  );
  const predefined = tracking.flatMap(({ PredefinedMetricSpecification: metric }) => metric?.PredefinedMetricType ?? []);
  const cpuOrRequests = [...predefined, ...custom].filter((name) => /cpu|memory|request/i.test(name));
  return { service: service.id, metrics: [...custom, ...predefined], target: tracking[0]?.TargetValue, cpuOrRequests };
}
