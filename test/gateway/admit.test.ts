import { expect, test } from '@jest/globals';
import { Admission, IN_FLIGHT_LIMIT, STREAM_LIMIT } from '../../gateway/admit';
import type { Authorized } from '../../gateway/call';
import { Departure } from '../../gateway/departure';

const CALL = { lane: 'call', message: { kind: 'request', method: 'tools/call' } };
const GET_STREAM = { lane: 'stream' };
const LISTEN = { lane: 'relay', message: { kind: 'request', method: 'subscriptions/listen' } };

/** A request as far as its admission looks at it. */
function request(what: object, gone = new Departure()): Authorized {
  return { server: 'payments', exchange: { gone }, ...what } as unknown as Authorized;
}

test.each([
  ['streams', [GET_STREAM, LISTEN], STREAM_LIMIT, CALL],
  ['calls', [CALL], IN_FLIGHT_LIMIT, LISTEN],
])('as many %s as may be leave room for what is of the other kind', (_, kinds, limit, other) => {
  const admission = new Admission();
  for (let count = 0; count < limit; count++) expect(admission.enter(request(kinds[count % kinds.length] as object))).toBe(true);
  for (const kind of kinds) expect(admission.enter(request(kind))).toBe(false);
  expect(admission.enter(request(other))).toBe(true);
  expect(admission.underWay).toHaveLength(limit + 1);
});

test('who has left makes room', () => {
  const admission = new Admission();
  const gone = new Departure();
  admission.enter(request(CALL, gone));
  for (let count = 1; count < IN_FLIGHT_LIMIT; count++) admission.enter(request(CALL));
  expect(admission.enter(request(CALL))).toBe(false);
  gone.end();
  expect(admission.enter(request(CALL))).toBe(true);
});
