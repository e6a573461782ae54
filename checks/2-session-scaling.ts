import { SIDECAR_CONFIG_VARIABLE, type SidecarConfig } from '../core/fleet-config';
import type { MetricName } from '../core/metrics';
import { trackedCapacity } from '../core/scaling/target-tracking';
import { sessionKey } from '../core/session-key';
import { expectations, type Findings } from './check';
import type { CheckedFleet } from './fleet';
import type { SidecarHolding } from './holding';
import type { FleetTemplates } from './ledger-roles';
import { fleetLoad } from './load';
import { nobodyLine } from './missing-line';
import { scalingOf } from './scaling-policies';
import { containersOf, documentIn, type Located, referencesIn, resourcesOf } from './template';
import { withoutSessions } from './without-sessions';

/** Check 2: servers scale and alarm on concurrent sessions, not on CPU or requests per second. */
export async function sessionScaling(fleet: CheckedFleet): Promise<Findings> {
  const { expect, failures } = expectations();
  const hosted = fleet.servers.filter(({ sidecar }) => sidecar !== undefined);
  if (hosted.length === 0) {
    const why = nobodyLine(fleet) ?? 'Every server runs outside the fleet, so that there is nothing to scale';
    return { evidence: { servers: fleet.servers.length, serversThatScale: 0 }, failures, notProbed: [why] };
  }
  const load = await fleetLoad(fleet);
  const { holding, before } = load;
  const held = await heldByAgents(fleet);

  for (const { task, server, activeSessions, slotsInUse, slotUtilization } of holding.sidecars) {
    const where = `${server} ${task}`;
    const agents = held.get(task) ?? 0;
    // Where somebody else works with the fleet, sessions of theirs may have come and gone.
    const counted = (before.get(task) ?? 0) === 0 ? activeSessions === agents : (activeSessions ?? 0) >= agents;
    expect(counted, `${where} reported ${activeSessions} ActiveSessions while agents held ${agents} sessions there`);
    expect((slotsInUse ?? 0) >= agents, `${where} reported ${slotsInUse} SlotsInUse for ${agents} sessions`);
    const { slots, keepIdleSeconds } = hosted.find(({ name }) => name === server)?.sidecar ?? {};
    const expected = slots && slotsInUse !== undefined ? (slotsInUse / slots) * 100 : undefined;
    // An idle one that is to stay for a while says so by a share of its own.
    const isKept = keepIdleSeconds !== undefined && slotsInUse === 0;
    const agrees = expected !== undefined && slotUtilization !== undefined && (isKept || Math.abs(expected - slotUtilization) < 0.1);
    expect(agrees, `${where} reported ${slotUtilization} % SlotUtilization; ${slotsInUse} of ${slots} slots are ${expected} %`);
  }
  for (const { name, sidecar } of hosted) {
    const runs = sidecar?.keepIdleSeconds !== undefined || holding.sidecars.some(({ server }) => server === name);
    expect(runs, `No sidecar of ${name} runs`);
  }

  const { declared, alarms, failures: wrong } = declaredScaling(fleet.account);
  expect(declared.length === hosted.length, `The template has ${declared.length} services with a sidecar for ${hosted.length} servers`);
  for (const failure of wrong) expect(false, failure);

  const { services: running } = await fleet.account.scaling();
  const scaling = declared.map(({ server, tracked: [tracked] }) => {
    const row = running.find((each) => each.server === server);
    const followed = ['SlotUtilization', ...DEMAND].every((metric) => row?.follows.includes(metric));
    expect(followed, `Here ${server} follows ${row?.follows.join(', ') || 'nothing'}`);
    const reports = holding.sidecars.filter((sidecar) => sidecar.server === server).flatMap(({ slotUtilization = [] }) => slotUtilization);
    return { server, ...row, target: tracked?.target, ...judge(reports, tracked?.target) };
  });
  for (const { server, whenFull, instances, max } of scaling) {
    const grows = whenFull === undefined || whenFull > instances || instances >= (max ?? 0);
    expect(grows, `With every slot of ${instances} instances in use the policy of ${server} asks for ${whenFull}`);
  }

  return {
    evidence: {
      instances: holding.sidecars.map((sidecar) => ({ ...report(sidecar), heldByAgents: held.get(sidecar.task) ?? 0 })),
      scaling,
      alarms: alarms.flatMap(({ alarms: found }) => found),
    },
    failures,
    notProbed: withoutSessions(fleet, load),
    proven: held.size > 0,
  };
}

/** What the templates say of it. */
export function declaredScaling(account: FleetTemplates) {
  const { expect, failures } = expectations();
  const declared = serverServices(account).map(({ service, server }) => ({ server, ...scalingOf(account, service) }));
  for (const { server, tracked, calledBy, others } of declared) {
    const slots = tracked.find(({ metric, statistic }) => metric === 'SlotUtilization' && statistic === 'Average');
    expect(slots !== undefined, `${server} has no target tracking on average SlotUtilization: ${tracked.map(({ metric }) => metric)}`);
    expect(others.length === 0, `${server} scales on ${others.join(', ')}`);
    for (const demand of DEMAND) {
      expect(
        calledBy.includes(demand),
        `${server} adds no instances for those who wait or were refused: no alarm on ${demand} calls a policy`,
      );
    }
  }
  const alarms = declared.map(({ server }) => ({ server, alarms: alarmsOn(account, server) }));
  for (const { server, alarms: found } of alarms) expect(found.length > 0, `The template has no alarm on SlotUtilization of ${server}`);
  return { declared, alarms, failures };
}

/** Who found no room: utilisation cannot say it. */
const DEMAND: readonly MetricName[] = ['QueueDepth', 'Rejected'];

/** What a policy makes of what sidecars have just reported, and what it would with every slot in use. */
function judge(reports: readonly number[], target: number | undefined) {
  const instances = reports.length;
  if (target === undefined || instances === 0) return { instances };
  const utilization = reports.reduce((sum, value) => sum + value, 0) / instances;
  const wanted = trackedCapacity(instances, utilization, { target });
  return { instances, utilization, wanted, whenFull: trackedCapacity(instances, 100, { target }) };
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

/** Services of the fleet whose task has a sidecar, with the server of each. */
function serverServices(account: FleetTemplates): readonly { readonly service: Located; readonly server: string }[] {
  const sidecars = containersOf(account).flatMap((container) => {
    const config = documentIn<SidecarConfig>(container.environment, SIDECAR_CONFIG_VARIABLE);
    return config?.fleet === account.fleet ? [{ container, server: config.server }] : [];
  });
  return resourcesOf(account, 'AWS::ECS::Service').flatMap((service) => {
    const tasks = referencesIn(service.resource.Properties?.TaskDefinition);
    const own = sidecars.find(({ container }) => container.stack === service.stack && tasks.includes(container.id));
    return own ? [{ service, server: own.server }] : [];
  });
}

/** Alarms on SlotUtilization of a server of this fleet, by their dimensions, and those of all of its servers. */
function alarmsOn(account: FleetTemplates, server: string): readonly string[] {
  const alarms = resourcesOf(account, 'AWS::CloudWatch::Alarm').filter(({ resource }) => {
    const text = JSON.stringify(resource);
    if (/\(SlotUtilization\) .* GROUP BY Server\b/.test(text)) return text.includes(`'${account.fleet}'`);
    return text.includes('"SlotUtilization"') && text.includes(JSON.stringify(server)) && text.includes(JSON.stringify(account.fleet));
  });
  return alarms.map(({ id }) => id);
}
