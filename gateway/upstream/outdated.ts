import { FleetError } from '../../core/errors';

/**
 * Refusals by outdated instances after which there seems to be no other one: a deployment of which nothing is healthy, or no longer. While it
 * goes on as it should, at least half of the instances that the load balancer goes through are current.
 */
const REFUSALS = 12;

/**
 * Sends a request until it comes to an instance that is not outdated. A refusal is no failure: nothing was executed, and it costs a hop
 * within the fleet, not an attempt of the call's recovery. Where there is no other instance, an outdated one is better than none.
 */
export async function pastOutdated<T>(send: (insists: boolean) => Promise<T>): Promise<T> {
  for (let refusals = 0; refusals < REFUSALS; refusals++) {
    try {
      return await send(false);
    } catch (error) {
      if (!FleetError.is(error) || error.detail.sidecar !== 'outdated') throw error;
    }
  }
  return await send(true);
}
