import { BALANCER_MONTH, monthlyCost, type PRICES } from '../../core/sizing/prices';
import { type FleetInApp, gatewaysOf } from '../../meaning/fleets-in-app';
import { declaredBase } from '../../meaning/sizes';
import type { ServerPlan } from './plan-server';
import { taskSize } from './servers';

/** What fleets cost beside their servers, in US dollars a month. */
export interface BaseCost {
  readonly gateways: number;
  readonly balancers: number;
}

export interface FleetPlan {
  /** Where the templates come from. */
  readonly from: string;
  readonly servers: readonly ServerPlan[];
  readonly base: BaseCost;
  /** Fleets that stand in other apps, and how many gateways they are taken to have: what they cost is not in `base`. */
  readonly elsewhere: readonly { readonly fleet: string; readonly gateways: number }[];
  readonly prices: typeof PRICES;
}

/** @param fleets any of them more than once */
export function baseOf(fleets: readonly FleetInApp[]): Pick<FleetPlan, 'base' | 'elsewhere'> {
  const all = [...new Set(fleets)];
  const elsewhere = all.filter(({ home }) => home === undefined).map((fleet) => ({ fleet: fleet.name, gateways: gatewaysOf(fleet) }));
  return { base: baseCost(all), elsewhere };
}

function baseCost(fleets: readonly FleetInApp[]): BaseCost {
  const bases = fleets.flatMap(({ home }) => (home === undefined ? [] : [declaredBase(home)]));
  const sum = (costs: readonly number[]): number => costs.reduce((total, cost) => total + cost, 0);
  return {
    gateways: sum(bases.map(({ gateway, gateways }) => monthlyCost(taskSize(gateway), gateways))),
    balancers: sum(bases.map(({ balancers }) => balancers * BALANCER_MONTH)),
  };
}
