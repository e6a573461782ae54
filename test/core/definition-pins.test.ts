import { expect, test } from '@jest/globals';
import { type DefinitionPins, definitionDigest, isApproved, isUsable } from '../../core/definition-pins';
import type { Json } from '../../core/strict-json';

import { Dice } from './dice';

const TOOL = {
  name: 'pay',
  description: 'Pays.',
  inputSchema: { type: 'object', properties: { amount: { type: 'number', maximum: 1e3 } } },
};

const pinsOf = (otherwise: DefinitionPins['otherwise'], ...tools: readonly { name: string }[]): DefinitionPins => ({
  otherwise,
  approved: { tools: Object.fromEntries(tools.map((tool) => [tool.name, [definitionDigest('tools', JSON.stringify(tool)) as string]])) },
});

/** The same value, its members in another order, with space and escapes. */
function spelled(value: Json, dice: Dice): string {
  const space = () => ' '.repeat(dice.integer(0, 2));
  if (Array.isArray(value)) return `[${value.map((item) => spelled(item, dice)).join(`${space()},`)}]`;
  if (typeof value === 'string')
    return JSON.stringify(value).replace(/[a-z]/g, (char) => (dice.integer(0, 9) === 0 ? escapeOf(char) : char));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, inner]) => ({
    at: dice.integer(0, 1000),
    text: `${space()}${spelled(name, dice)}:${spelled(inner, dice)}`,
  }));
  return `{${members
    .toSorted((one, other) => one.at - other.at)
    .map(({ text }) => text)
    .join(',')}${space()}}`;
}

const escapeOf = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Another value: one scalar or name in it is changed. */
function changed(value: Json, dice: Dice): Json {
  if (typeof value === 'string') return `${value}.`;
  if (typeof value === 'number') return value + 1;
  if (typeof value !== 'object' || value === null) return 'changed';
  if (Array.isArray(value)) return value.length === 0 ? ['more'] : value.with(0, changed(value[0] as Json, dice));
  const names = Object.keys(value);
  const name = names[dice.integer(0, names.length - 1)];
  if (name === undefined || dice.integer(0, 3) === 0) return { ...value, [`more${dice.integer(0, 9)}`]: true };
  return { ...value, [name]: changed(value[name] as Json, dice) };
}

test('a definition is the same however it is spelled, and another whatever is changed in it', () => {
  const dice = new Dice(13);
  for (let round = 0; round < 2_000; round++) {
    const pins = pinsOf('hide', TOOL);
    expect(isApproved(pins, 'tools', 'pay', spelled(TOOL, dice))).toBe(true);
    expect(isApproved(pins, 'tools', 'pay', spelled(changed(TOOL, dice), dice))).toBe(false);
  }
});

test.each([
  ['a member that comes twice', '{"name":"pay","description":"a","description":"b"}'],
  ['one that comes twice further down', '{"name":"pay","inputSchema":{"type":"object","type":"array"}}'],
  ['no JSON', '{"name":'],
])('%s has no digest, and is never approved', (_, text) => {
  expect(definitionDigest('tools', text)).toBeUndefined();
  expect(isApproved({ otherwise: 'hide', approved: { tools: { pay: ['undefined', ''] } } }, 'tools', 'pay', text)).toBe(false);
});

test('numbers that differ where no double does are two definitions', () => {
  const text = (digit: number) => `{"name":"pay","inputSchema":{"maximum":900719925474099${digit}}}`;
  expect(definitionDigest('tools', text(2))).not.toBe(definitionDigest('tools', text(3)));
});

test('a name that objects have anyway is approved by nobody', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    expect(isApproved(pinsOf('hide', TOOL), 'tools', name, JSON.stringify({ name }))).toBe(false);
    expect(isUsable(pinsOf('hide', TOOL), 'tools', name)).toBe(false);
  }
});

test('what may be called', () => {
  expect([isUsable(pinsOf('hide', TOOL), 'tools', 'pay'), isUsable(pinsOf('hide', TOOL), 'tools', 'steal')]).toEqual([true, false]);
  expect([isUsable(pinsOf('pass', TOOL), 'tools', 'steal'), isUsable(undefined, 'tools', 'steal')]).toEqual([true, true]);
});

test('what is approved of one kind is not approved of another', () => {
  const pins: DefinitionPins = { ...pinsOf('hide', TOOL), approved: { ...pinsOf('hide', TOOL).approved, prompts: {} } };
  expect(isApproved(pins, 'prompts', 'pay', JSON.stringify(TOOL))).toBe(false);
  expect(definitionDigest('prompts', JSON.stringify(TOOL))).not.toBe(definitionDigest('tools', JSON.stringify(TOOL)));
  expect([isUsable(pins, 'prompts', 'pay'), isUsable(pins, 'resources', 'docs://any')]).toEqual([false, true]);
});
