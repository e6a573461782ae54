import { HOURS_OF_MONTH, monthlyCost, PRICES } from './prices';
import type { TaskSize } from './sized-server';

/** What runs and stands in a stack though nobody calls. */
export interface Standing {
  /** Of servers, and of the gateway where it is reckoned with them. */
  readonly tasks: readonly { readonly size: TaskSize; readonly count: number }[];
  readonly balancers: number;
  readonly natGateways: number;
  /** Interface endpoints, in zones. */
  readonly endpointZones: number;
  readonly keys: number;
  readonly secrets: number;
  /** Metrics that alarms look at. */
  readonly alarms: number;
  readonly dashboards: number;
  /** Servers that the fleet runs, and their instances. */
  readonly servers: number;
  readonly instances: number;
  /** Which tell metrics of each server, wherever they are paid for. */
  readonly gateways: number;
}

/** US dollars a month. */
export type IdleCost = Readonly<Record<'tasks' | 'balancers' | 'network' | 'keysAndSecrets' | 'watching' | 'logs', number>>;

/** Metrics that are told of a server though nobody calls: those of its instances, and what waits for it. */
const METRICS_OF_SERVER = 5;
/** Bytes of the line in which a process tells its metrics of one server, and how often it does in a month. */
const LINE = 600;
const LINES_OF_MONTH = HOURS_OF_MONTH * 360;
const GB = 1e9;

export function idleCost(standing: Standing): IdleCost {
  const { tasks, balancers, natGateways, endpointZones, keys, secrets, alarms, dashboards, servers, instances, gateways } = standing;
  return {
    tasks: tasks.reduce((sum, { size, count }) => sum + monthlyCost(size, count), 0),
    balancers: balancers * HOURS_OF_MONTH * PRICES.balancerHour,
    network: HOURS_OF_MONTH * (natGateways * PRICES.natHour + endpointZones * PRICES.endpointHour),
    keysAndSecrets: keys * PRICES.keyMonth + secrets * PRICES.secretMonth,
    watching: alarms * PRICES.alarmMonth + dashboards * PRICES.dashboardMonth + servers * METRICS_OF_SERVER * PRICES.metricMonth,
    logs: ((instances + gateways * servers) * LINES_OF_MONTH * LINE * PRICES.logGb) / GB,
  };
}
