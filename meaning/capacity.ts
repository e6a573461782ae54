import { type About, type Draft, ifTold, type Judgement, valueChange } from './change';
import type { DeclaredGateway, DeclaredTask, HostedServer } from './declared';

const about = (what: string): About => ({ kind: 'capacity', what });

/** How much a server takes. A lower bound refuses what worked only where there is less in all. */
export function capacityChanges(before: HostedServer, after: HostedServer): Draft[] {
  const fewer = sessionsIn(after) < sessionsIn(before);
  const judged = (had: number, has: number): Judgement | undefined =>
    fewer && has < had ? { severity: 'breaks', breaks: `sessions beyond ${sessionsIn(after)} in all are refused: AT_CAPACITY` } : undefined;
  return [
    ...ifTold({ what: 'sessions per instance' }, before.slots, after.slots, (had, has) =>
      valueChange(about('sessions per instance'), String(had), String(has), judged(had, has)),
    ),
    ...ifTold({ what: 'sessions kept ready' }, before.warm, after.warm, (had, has) =>
      valueChange(about('sessions kept ready on each instance'), String(had), String(has)),
    ),
    ...ifTold({ what: 'time to start' }, before.startGraceSeconds, after.startGraceSeconds, (had, has) =>
      valueChange(about('a new instance may take to be healthy'), `${had} s`, `${has} s`),
    ),
    ...ifTold({ what: 'scaling' }, before.scaling, after.scaling, (had, has) => [
      ...valueChange(about('least instances'), had.min, has.min),
      ...valueChange(about('most instances'), had.max, has.max, judged(Number(had.max), Number(has.max))),
      ...valueChange(about('slots in use that scaling keeps'), `${had.target} %`, `${has.target} %`),
    ]),
    ...idleChanges(before, after),
    ...ifTold({ what: 'time to drain' }, before.drainSeconds, after.drainSeconds, (had, has) =>
      valueChange(about('calls may finish on an instance that ends, for'), `${had} s`, `${has} s`),
    ),
    ...ifTold({ what: 'time to deploy' }, before.deployWithinSeconds, after.deployWithinSeconds, (had, has) =>
      valueChange(about('a deployment waits for sessions, for'), `${had / 60} min`, `${has / 60} min`),
    ),
    ...sizeChanges('instance', before.task, after.task),
  ];
}

/** Whether the last instance may go, the numbers of instances say. */
function idleChanges({ keepIdleSeconds: had }: HostedServer, { keepIdleSeconds: has }: HostedServer): Draft[] {
  if (had === undefined || has === undefined) return [];
  return valueChange(about('the last instance stays idle, for'), `${had / 60} min`, `${has / 60} min`);
}

export function gatewayCapacityChanges(before: DeclaredGateway, after: DeclaredGateway): Draft[] {
  return [
    ...valueChange(about('gateways'), before.replicas, after.replicas),
    ...valueChange(about('sessions at once'), before.sessionBudget, after.sessionBudget),
    ...sizeChanges('gateway', before.task, after.task),
  ];
}

function sizeChanges(what: string, before: DeclaredTask, after: DeclaredTask): Draft[] {
  const sizeOf = ({ cpu, memory }: DeclaredTask): string => `${cpu} CPU units, ${memory} MiB`;
  return [
    ...valueChange(about(`size of ${what === 'instance' ? 'an' : 'a'} ${what}`), sizeOf(before), sizeOf(after)),
    ...valueChange({ kind: 'runtime', what: `processor of ${what}s` }, before.processor, after.processor),
  ];
}

/** Where a number is not told there is no bound. */
function sessionsIn({ slots = Number.POSITIVE_INFINITY, scaling }: HostedServer): number {
  const most = scaling === undefined ? Number.NaN : Number(scaling.max);
  return Number.isNaN(most) ? Number.POSITIVE_INFINITY : slots * most;
}
