import { openSessions } from '../servers/journal';
import { type Observation, requestExpectation, saysGone, type Violation } from './observation';

/** Answers end, connections serve again, sessions and children are gone when their agent has ended them. */
export function release(observation: Observation): Violation[] {
  const { fleet, fleetDeeds, leftChildren, subject } = observation;
  const odd = subject.values.framing === 'short' || subject.values.framing === 'long' || requestExpectation(observation) === 'refused';
  const endings = fleet.sent.flatMap(({ answer: { end, status } }) =>
    end === 'whole' || (odd && end === 'none') ? [] : [`an answer (${status}) ended ${end}`],
  );
  const left = saysGone(observation) ? [] : openSessions(fleetDeeds);
  const sessions = left.map((id) => `the session ${id.slice(0, 40)} stays open at its server`);
  const silent = subject.values.opening === 'ping-first' && !fleetDeeds.some(({ what }) => what === 'answered');
  const pings = silent ? ['a ping before the answer to initialize was not answered'] : [];
  const children = leftChildren.map((pid) => `the child ${pid} still runs`);
  return [...endings, ...fleet.troubles, ...sessions, ...pings, ...children].map((detail) => ({ property: 'release', detail }));
}
