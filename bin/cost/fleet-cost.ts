import { costOfAgents, costOfSessionHours, OFFICE, type ScaledServer } from '../../core/sizing/agents-cost';
import { type CallCost, type Carried, costOfCalls, LANES, type Lane, writeUnits } from '../../core/sizing/call-cost';
import { type IdleCost, idleCost } from '../../core/sizing/idle-cost';
import { PRICES } from '../../core/sizing/prices';
import { type FleetInApp, partsOf } from '../../meaning/fleets-in-app';
import { declaredSizes } from '../../meaning/sizes';
import { standingOf } from '../../meaning/standing';
import { taskSize } from '../plan/servers';

/** What a fleet costs, in US dollars. */
export interface FleetCost {
  readonly fleet: string;
  /** It stands in another app: only its servers in this one are reckoned. */
  readonly isElsewhere: boolean;
  /** A month in which nobody calls. */
  readonly idle: IdleCost;
  /** A million calls. */
  readonly calls: Readonly<Record<Lane, CallCost & { readonly writeUnits: number }>>;
  readonly carried: Carried;
  /** A month of agents beside that. */
  readonly agents: readonly { readonly agents: number; readonly tasks: number; readonly calls: number }[];
  /** A thousand sessions for an hour, by server. */
  readonly sessionHours: Readonly<Record<string, number>>;
  readonly prices: typeof PRICES;
}

/** What the constructs choose where only deployment knows. */
const UNTOLD = { slots: 100, min: 1, target: 70 };

export function fleetCost(fleet: FleetInApp, agents: readonly number[], carried: Carried): FleetCost {
  const sizes = partsOf(fleet).flatMap(declaredSizes);
  const scaled = sizes.map(
    ({ slots = UNTOLD.slots, min = UNTOLD.min, tracking, task }): ScaledServer => ({
      slots,
      min,
      target: tracking.target ?? UNTOLD.target,
      task: taskSize(task),
    }),
  );
  const calls = LANES.map((lane) => [lane, { ...costOfCalls(lane, carried), writeUnits: writeUnits(lane, carried) }] as const);
  return {
    fleet: fleet.name,
    isElsewhere: fleet.home === undefined,
    idle: idleCost(standingOf(fleet)),
    calls: Object.fromEntries(calls) as FleetCost['calls'],
    carried,
    agents: agents.map((count) => ({ agents: count, ...costOfAgents(count, scaled, { ...OFFICE, carried }) })),
    sessionHours: Object.fromEntries(sizes.map(({ name }, index) => [name, costOfSessionHours(scaled[index] as ScaledServer)])),
    prices: PRICES,
  };
}
