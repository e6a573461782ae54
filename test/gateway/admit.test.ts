import { expect, test } from '@jest/globals';
import { seeded } from '../../core/sizing/seeded';
import { Admission, IN_FLIGHT_LIMIT, SESSION_STREAM_LIMIT, STREAM_LIMIT } from '../../gateway/admit';
import type { Authorized } from '../../gateway/call';
import { Departure } from '../../gateway/departure';

const CALL = { lane: 'call', message: { kind: 'request', method: 'tools/call' } };
const GET_STREAM = { lane: 'stream' };
const LISTEN = { lane: 'relay', message: { kind: 'request', method: 'subscriptions/listen' } };

/** A request as far as its admission looks at it. */
function request(what: object, agentId: string | number = 'agent', gone = new Departure(), served = over()): Authorized {
  return { server: 'payments', agentId, exchange: { gone, served }, decision: {}, ...what } as unknown as Authorized;
}

function over(): Departure {
  const departure = new Departure();
  departure.end();
  return departure;
}

const enters = (admission: Admission, ...of: Parameters<typeof request>): boolean => admission.enter(request(...of)) === undefined;

test.each([
  ['streams', [GET_STREAM, LISTEN], STREAM_LIMIT, CALL],
  ['calls', [CALL], IN_FLIGHT_LIMIT, LISTEN],
])('as many %s as may be leave room for what is of the other kind', (_, kinds, limit, other) => {
  const admission = new Admission();
  for (let count = 0; count < limit; count++) expect(enters(admission, kinds[count % kinds.length] as object, count)).toBe(true);
  for (const kind of kinds) expect(enters(admission, kind, 'late')).toBe(false);
  expect(enters(admission, other)).toBe(true);
  expect(admission.underWay).toHaveLength(limit + 1);
});

test('who has left makes room', () => {
  const admission = new Admission();
  const gone = new Departure();
  enters(admission, CALL, 'first', gone);
  for (let count = 1; count < IN_FLIGHT_LIMIT; count++) enters(admission, CALL, count);
  expect(enters(admission, CALL, 'next')).toBe(false);
  gone.end();
  expect(enters(admission, CALL, 'next')).toBe(true);
});

test('a call that runs on without its caller has its place until it ends', () => {
  const admission = new Admission();
  const [gone, served] = [new Departure(), new Departure()];
  enters(admission, CALL, 'left', gone, served);
  gone.end();
  expect(admission.underWay).toHaveLength(1);
  served.end();
  expect(admission.underWay).toHaveLength(0);
});

test('agents that each take what they get leave places for those that hold nothing', () => {
  const admission = new Admission();
  for (let agent = 0; agent < 10; agent++) while (enters(admission, CALL, agent));
  for (let agent = 10; agent < 20; agent++) expect(enters(admission, CALL, agent)).toBe(true);
});

test('one agent alone may have four fifths of what there is, and leaves room for those who come later', () => {
  const admission = new Admission();
  let own = 0;
  while (enters(admission, CALL, 'greedy')) own++;
  expect(own).toBe(0.8 * IN_FLIGHT_LIMIT);
  for (let other = 0; other < 50; other++) expect(enters(admission, CALL, other)).toBe(true);
  expect(admission.enter(request(CALL, 'greedy'))).toMatch(/1600 requests of this agent to "payments" are under way, its share of 2000/);
});

test('the streams of one session are few, whatever is free', () => {
  const admission = new Admission();
  const ofSession = (sessionId: string): boolean => enters(admission, { ...GET_STREAM, sessionId });
  for (let count = 0; count < SESSION_STREAM_LIMIT; count++) expect(ofSession('one')).toBe(true);
  expect(ofSession('one')).toBe(false);
  expect(ofSession('another')).toBe(true);
});

test('whoever asks for how much: as long as there is room, an agent that has nothing is let in', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    const admission = new Admission();
    const greedy = 1 + Math.floor(random() * 30);
    for (let count = 0; count < 3 * IN_FLIGHT_LIMIT; count++) enters(admission, CALL, Math.floor(random() * greedy));
    if (admission.underWay.length < IN_FLIGHT_LIMIT) expect(enters(admission, CALL, 'newcomer')).toBe(true);
    expect(admission.underWay.length).toBeLessThan(IN_FLIGHT_LIMIT);
  }
});

test.each([
  ['calls', CALL],
  ['streams', GET_STREAM],
])('an agent of twice the weight has twice the places, where both want more %s than there are', (_, what) => {
  const admission = new Admission();
  const random = seeded(7);
  const open: { readonly agent: string; readonly gone: Departure }[] = [];
  const weights = { heavy: 2, light: 1 };
  for (let turn = 0; turn < 60_000; turn++) {
    const agent = random() < 0.5 ? 'heavy' : 'light';
    const gone = new Departure();
    if (enters(admission, { ...what, decision: { terms: { weight: weights[agent] } } }, agent, gone)) open.push({ agent, gone });
    // Whoever's it is: one in two turns something ends.
    if (turn % 2 === 0) open.splice(Math.floor(random() * open.length), 1)[0]?.gone.end();
  }
  const held = (name: string): number => open.filter(({ agent }) => agent === name).length;
  expect(held('heavy') / held('light')).toBeGreaterThan(1.9);
  expect(held('heavy') / held('light')).toBeLessThan(2.1);
});

test('no weight takes the last places: alone an agent has four fifths, and the lightest finds room beside the heaviest', () => {
  const admission = new Admission();
  const heaviest = { ...CALL, decision: { terms: { weight: 100 } } };
  let own = 0;
  while (enters(admission, heaviest, 'heaviest')) own++;
  expect(own).toBe(0.8 * IN_FLIGHT_LIMIT);
  for (let other = 0; other < 50; other++) expect(enters(admission, CALL, other)).toBe(true);
});
