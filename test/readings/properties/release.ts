import { type Observation, requestExpectation, type Violation } from './observation';

/** Answers end, connections serve again, sessions and children are gone when their agent has ended them. */
export function release(observation: Observation): Violation[] {
  const { fleet, fleetDeeds, leftChildren, subject } = observation;
  const odd = subject.values.framing === 'short' || subject.values.framing === 'long' || requestExpectation(observation) === 'refused';
  const endings = fleet.sent.flatMap(({ answer: { end, status } }) =>
    end === 'whole' || (odd && end === 'none') ? [] : [`an answer (${status}) ended ${end}`],
  );
  const opened = fleetDeeds.filter(({ what }) => what === 'opened').map(({ name }) => name);
  const ended = new Set(fleetDeeds.filter(({ what }) => what === 'ended').map(({ name }) => name));
  const sessions = opened.filter((id) => !ended.has(id)).map((id) => `the session ${id.slice(0, 40)} stays open at its server`);
  const children = leftChildren.map((pid) => `the child ${pid} still runs`);
  return [...endings, ...fleet.troubles, ...sessions, ...children].map((detail) => ({ property: 'release', detail }));
}
