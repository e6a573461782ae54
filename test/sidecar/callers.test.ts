import { expect, test } from '@jest/globals';
import { CONTEXT_LIFETIME_SECONDS, signContext } from '../../core/signed-context';
import { Callers } from '../../sidecar/callers';
import { KEY } from './started';

const NOW = 1_000_000;
const caller = { agent: 'agent-a', server: 'tools', task: 'task-1' };

test.each([
  ['of an agent', caller],
  ['of a call', { ...caller, callId: 'c-1', claimed: true, deliverBy: 5 }],
])('a context %s that was seen is known again, as long as it is current', (_, context) => {
  const callers = new Callers([KEY], 'tools');
  const header = signContext(context, KEY, NOW);
  for (let i = 0; i < 2; i++) expect(callers.of(header, NOW)?.context).toEqual(context);
  expect(callers.of(header, NOW + CONTEXT_LIFETIME_SECONDS)?.context).toEqual(context);
  expect(callers.of(header, NOW + CONTEXT_LIFETIME_SECONDS + 1)?.context).toBeUndefined();
});

test('what does not hold is not known, however often it comes and whatever was seen before', () => {
  const callers = new Callers([KEY], 'tools');
  const header = signContext(caller, KEY, NOW);
  const [payload = '', signature = ''] = header.split('.');
  const other = signContext({ ...caller, agent: 'agent-b' }, KEY, NOW).split('.')[0];
  expect(callers.of(header, NOW)?.context).toEqual(caller);
  const forged = [
    `${other}.${signature}`,
    `${payload}.${signature.slice(0, -4)}AAAA`,
    payload,
    `${header}.x`,
    '',
    undefined,
    [header, header],
  ];
  for (const one of [...forged, ...forged]) expect(callers.of(one, NOW)?.context).toBeUndefined();
  expect(callers.of(signContext({ ...caller, server: 'payments' }, KEY, NOW), NOW)?.context).toBeUndefined();
});

test('more contexts than are remembered are known all the same', () => {
  const callers = new Callers([KEY], 'tools');
  const headers = Array.from({ length: 1_500 }, (_, i) => signContext({ ...caller, task: `task-${i}` }, KEY, NOW));
  for (const header of [...headers, ...headers]) expect(callers.of(header, NOW)?.context).toMatchObject({ agent: 'agent-a' });
});
