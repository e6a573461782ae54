import { expect, test } from '@jest/globals';
import { Voices } from '../../../sidecar/warm/voices';

/** @param spoken kinds, each by as many agents as are named */
function voicesOf(spoken: Readonly<Record<string, readonly string[]>>): Voices {
  const voices = new Voices(64, 'silence');
  for (const [kind, agents] of Object.entries(spoken)) for (const agent of agents) voices.hear(agent, kind);
  return voices;
}

test.each<[string, Readonly<Record<string, readonly string[]>>, number, Readonly<Record<string, number>>]>([
  ['nobody has spoken', {}, 3, { silence: 3 }],
  ['all say the same', { sdk: ['a', 'b', 'c'] }, 5, { sdk: 5 }],
  ['two kinds', { old: ['a'], sdk: ['b', 'c'] }, 3, { sdk: 2, old: 1 }],
  ['more kinds than there is room for', { x: ['a'], y: ['b'], z: ['c'] }, 1, { x: 1 }],
  ['a few among many', { odd: ['z'], sdk: [...'abcdefghijklmnopqrst'] }, 5, { sdk: 5 }],
  ['nothing to share', { sdk: ['a'] }, 0, {}],
])('%s', (_, spoken, count, shares) => {
  expect(Object.fromEntries(voicesOf(spoken).share(count))).toEqual(shares);
});

test('an agent has one voice, however often it speaks, for what it has said last', () => {
  const voices = voicesOf({ sdk: ['a', 'b'] });
  for (let at = 0; at < 100; at++) voices.hear('greedy', `its own ${at}`);
  expect(Object.fromEntries(voices.share(3))).toEqual({ sdk: 2, 'its own 99': 1 });
});

test('of many agents, those are heard that have spoken last', () => {
  const voices = new Voices(2, 'silence');
  for (const agent of ['a', 'b', 'a', 'c']) voices.hear(agent, agent);
  expect(Object.fromEntries(voices.share(2))).toEqual({ a: 1, c: 1 });
});
