import { BALANCER_MONTH, monthlyCost, type PRICES } from '../../core/sizing/prices';
import type { DeclaredFleet } from '../../meaning/declared';
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
  readonly prices: typeof PRICES;
}

/** @param fleets any of them more than once */
export function baseCost(fleets: readonly DeclaredFleet[]): BaseCost {
  const bases = [...new Set(fleets)].map(declaredBase);
  const sum = (costs: readonly number[]): number => costs.reduce((total, cost) => total + cost, 0);
  return {
    gateways: sum(bases.map(({ gateway, gateways }) => monthlyCost(taskSize(gateway), gateways))),
    balancers: sum(bases.map(({ balancers }) => balancers * BALANCER_MONTH)),
  };
}
