import type { Seat } from '../../core/capacity/server-capacity';
import { FleetError } from '../../core/errors';
import type { ServerConfig } from '../../core/fleet-config';
import type { SidecarReason } from '../../core/headers';
import type { Departure } from '../departure';
import { hadNoInstance } from '../upstream/status';
import type { UpstreamRequest, UpstreamResponse, Upstreams } from '../upstream/upstreams';
import type { SeatPatience, Seats, SlotRequest } from './seats';

export interface SeatedParts {
  readonly upstreams: Upstreams;
  readonly seats: Seats;
}

/** What an instance says that has no slot, though its news told of one. */
const NO_SLOT: readonly (SidecarReason | undefined)[] = ['at_capacity', 'draining', 'outdated'];

/** Whether the instance had no slot for it, or is gone and has left none behind: then another one is waited for. */
export function hadNoSlot(error: FleetError, serverConfig: ServerConfig): boolean {
  return NO_SLOT.includes(error.detail.sidecar) || hadNoInstance(error, serverConfig);
}

/** Whether the instance is up and cannot open what it has room for. */
export function opensNothing({ detail }: FleetError): boolean {
  return detail.sidecar === 'server_unavailable' || detail.sidecar === 'server_ended';
}

/** Sends a request to where its seat is, and notes what that tells of the instance. */
export async function sendTo(
  seat: Seat,
  request: UpstreamRequest,
  { upstreams, seats }: SeatedParts,
  departure?: Departure,
): Promise<UpstreamResponse> {
  const { instance: expected } = seat;
  const capacity = seats.of(request.server);
  let answered: string | undefined;
  try {
    const response = await upstreams.send(
      expected === undefined ? request : { ...request, route: expected.cookie, insists: seat.insists === true },
      departure,
    );
    answered = response.instance;
    return response;
  } catch (error) {
    if (FleetError.is(error)) answered = error.detail.instance;
    if (FleetError.is(error) && opensNothing(error) && answered !== undefined) capacity.shun(answered);
    throw error;
  } finally {
    seat.settle();
    // Its cookie leads nowhere any more, or to another.
    if (expected !== undefined && answered !== expected.id && departure?.over !== true) capacity.forget(expected.id);
  }
}

/** Sends a request of the gateway's own that needs a slot, as soon as there is one. @throws FleetError as `Upstreams.send` and `Seats.find` */
export async function sendSeated(request: UpstreamRequest, parts: SeatedParts, departure: Departure): Promise<UpstreamResponse> {
  if (request.serverConfig.remoteUrl !== undefined) return parts.upstreams.send(request, departure);
  const { server, context, decision } = request;
  const asking: SlotRequest = { server, agentId: context.agent, ...(decision !== undefined && { decision }) };
  const patience: SeatPatience = { departure };
  for (let seat = await parts.seats.find(asking, patience); ; ) {
    try {
      return await sendTo(seat, request, parts, departure);
    } catch (error) {
      if (!FleetError.is(error) || !hadNoSlot(error, request.serverConfig) || seat.instance === undefined) throw error;
      seat = await parts.seats.findAgain(asking, seat, patience);
    }
  }
}
