import { dimension } from './dimension';
import { args, type Draft, meta, nameTool, params } from './draft';

const RAW = { client: ['raw'] };
const REQUEST = { ...RAW, message: ['call', 'list'] };
const CALL = { ...RAW, message: ['call'] };
const BODY = { ...CALL, server: ['sdk-v1', 'sdk-v2', 'express', 'worst'] };

const identified = (expect: 'same' | 'refused' | 'either', written: string) =>
  ({ kind: 'A6', expect, needs: REQUEST, act: (d: Draft) => void d.message.set('id', written) }) as const;

/** The id of the request. It comes back as it was written. */
export const id = dimension<Draft>(
  {},
  {
    zero: identified('same', '0'),
    negative: identified('same', '-7'),
    text: identified('same', '"seven"'),
    digits: identified('same', '"7"'),
    'empty-text': identified('same', '""'),
    largest: identified('same', '9007199254740991'),
    unicode: identified('same', '"\u00fc\u{1f600}"'),
    escaped: identified('same', '"\\u0061\\/\\u0000"'),
    'own-like': identified('same', '"gateway-1"'),
    long: identified('either', `"${'i'.repeat(900)}"`),
    huge: identified('either', `"${'i'.repeat(100_000)}"`),
    null: identified('refused', 'null'),
    fraction: identified('either', '1.5'),
    'whole-fraction': identified('either', '7.0'),
    exponent: identified('either', '7e0'),
    'beyond-double': identified('either', '9007199254740993'),
    'lone-surrogate': identified('refused', '"\\ud800"'),
    object: identified('refused', '{"a":1}'),
    array: identified('refused', '[7]'),
    boolean: identified('refused', 'true'),
  },
);

/** Null or nothing where a value is due. */
export const nulls = dimension<Draft>(RAW, {
  'params-null': {
    kind: 'A8',
    expect: 'accepted',
    needs: { message: ['list', 'ping'], era: ['legacy', 'batches'] },
    act: (d) => void d.message.set('params', 'null'),
  },
  'params-absent': {
    kind: 'A8',
    expect: 'same',
    needs: { message: ['list'], era: ['legacy', 'batches'] },
    act: (d) => void d.message.remove('params'),
  },
  'arguments-null': {
    kind: 'A8',
    expect: 'accepted',
    needs: { ...CALL, tool: ['read', 'write'] },
    act: (d) => void params(d).set('arguments', 'null'),
  },
  'arguments-absent': {
    kind: 'A8',
    expect: 'same',
    needs: { ...CALL, tool: ['read', 'write'] },
    act: (d) => void params(d).remove('arguments'),
  },
  'meta-null': {
    kind: 'A8',
    expect: 'accepted',
    needs: { message: ['call', 'list'], era: ['legacy', 'batches'] },
    act: (d) => void params(d).set('_meta', 'null'),
  },
  'name-null': { kind: 'A8', expect: 'refused', needs: CALL, act: (d) => void params(d).set('name', 'null') },
  'name-absent': { kind: 'A8', expect: 'refused', needs: CALL, act: (d) => void params(d).remove('name') },
  'name-empty': { kind: 'A8', expect: 'refused', needs: CALL, act: (d) => nameTool(d, '""', '') },
  'method-null': { kind: 'A8', expect: 'refused', needs: CALL, act: (d) => void d.message.set('method', 'null') },
  'params-array': { kind: 'A8', expect: 'refused', needs: CALL, act: (d) => void d.message.set('params', '["balance"]') },
  'jsonrpc-absent': { kind: 'A8', expect: 'refused', needs: CALL, act: (d) => void d.message.remove('jsonrpc') },
  'jsonrpc-1': { kind: 'A8', expect: 'refused', needs: CALL, act: (d) => void d.message.set('jsonrpc', '"1.0"') },
});

const argued = (expect: 'same' | 'refused' | 'either', written: string, kind = 'A6') =>
  ({ kind, expect, needs: CALL, act: (d: Draft) => void args(d).set('amount', written) }) as const;

/** A value among the arguments. */
export const argument = dimension<Draft>(
  {},
  {
    decimal: argued('same', '1.5'),
    'long-decimal': argued('same', '100.00000000000000000001'),
    exponent: argued('same', '10e-1'),
    'negative-zero': argued('same', '-0'),
    tiny: argued('either', '1e-400'),
    huge: argued('either', '1e400'),
    'huge-exponent': argued('either', '1e999999999'),
    'beyond-double': argued('either', '9007199254740993'),
    text: argued('same', '"100"'),
    unicode: argued('same', '"\u00fc \u20ac \u{1f600} \u2028"'),
    nul: argued('same', '"\\u0000"'),
    'lone-surrogate': argued('refused', '"\\udc00"'),
    null: argued('same', 'null'),
    nested: argued('same', '{"a":[{"b":[1,"2",null,true]}]}'),
    'long-text': argued('same', `"${'x'.repeat(100_000)}"`, 'A4'),
    megabyte: argued('same', `"${'x'.repeat(1_000_000)}"`, 'A4'),
    'hundred-members': argued('same', JSON.stringify(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`m${i}`, i]))), 'A4'),
    'no-object': { kind: 'A8', expect: 'refused', needs: CALL, act: (d) => void params(d).set('arguments', '["mark"]') },
    'a-text': { kind: 'A8', expect: 'refused', needs: CALL, act: (d) => void params(d).set('arguments', '"mark"') },
  },
);

const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);

/** Depth and size. */
export const shape = dimension<Draft>(BODY, {
  'deep-20': { kind: 'A4', expect: 'same', act: (d) => void args(d).set('deep', nested('[', ']', 20)) },
  'deep-4000': { kind: 'A4', expect: 'either', act: (d) => void args(d).set('deep', nested('[', ']', 4_000)) },
  'deep-objects': { kind: 'A4', expect: 'either', act: (d) => void args(d).set('deep', `${'{"a":'.repeat(4_000)}1${'}'.repeat(4_000)}`) },
  'deep-30000': { kind: 'A4', expect: 'either', act: (d) => void args(d).set('deep', nested('[', ']', 30_000)) },
  'deep-body': { kind: 'A4', expect: 'refused', act: (d) => spell(d, nested('[', ']', 8_000)) },
  'deep-open': { kind: 'A4', expect: 'refused', act: (d) => spell(d, '['.repeat(60_000)) },
  'many-members': { kind: 'A4', expect: 'either', act: (d) => void args(d).set('many', wide(50_000)) },
  'many-in-meta': { kind: 'A4', expect: 'either', act: (d) => void meta(d).set('many', wide(5_000)) },
  'long-method': { kind: 'A5', expect: 'refused', act: (d) => renamed(d, 'm'.repeat(100_000)) },
  'name-1024': {
    kind: 'A5',
    expect: 'same',
    needs: { tool: ['read', 'write', 'slash'] },
    act: (d) => nameTool(d, `"${LONGEST_NAME}"`, LONGEST_NAME),
  },
  'name-1025': { kind: 'A5', expect: 'refused', act: (d) => nameTool(d, `"${LONGEST_NAME}n"`, `${LONGEST_NAME}n`) },
  'name-1025-bytes': { kind: 'A5', expect: 'refused', act: (d) => nameTool(d, `"${'\u00fc'.repeat(513)}"`, '\u00fc'.repeat(513)) },
  'name-90k': {
    kind: 'A5',
    expect: 'refused',
    needs: { era: ['legacy', 'batches'] },
    act: (d) => nameTool(d, `"${'n'.repeat(90_000)}"`, ''),
  },
  'name-3900k': {
    kind: 'A5',
    expect: 'refused',
    needs: { era: ['legacy', 'batches'] },
    act: (d) => nameTool(d, `"${'n'.repeat(3_900_000)}"`, ''),
  },
  'name-lone-surrogate': { kind: 'A6', expect: 'refused', needs: { era: ['legacy', 'batches'] }, act: (d) => nameTool(d, '"\\ud800"', '') },
  'name-nul': { kind: 'A5', expect: 'refused', needs: { era: ['legacy', 'batches'] }, act: (d) => nameTool(d, '"balance\\u0000"', '') },
  'name-spaced': { kind: 'A5', expect: 'refused', act: (d) => nameTool(d, '" balance"', '\u00fc') },
  'body-5mb': { kind: 'A4', expect: 'refused', act: (d) => void args(d).set('big', `"${'x'.repeat(5_000_000)}"`) },
  'task-long': { kind: 'A5', expect: 'either', act: (d) => void meta(d).set('cdk-mcp-fleet/taskId', `"${'t'.repeat(100_000)}"`) },
  'task-surrogate': { kind: 'A6', expect: 'refused', act: (d) => void meta(d).set('cdk-mcp-fleet/taskId', '"\\ud800"') },
  'trace-odd': { kind: 'A5', expect: 'either', act: (d) => void meta(d).set('traceparent', '{"a":1}') },
});

/** The longest name of a tool that fits a row. */
export const LONGEST_NAME = 'n'.repeat(1_024);

function spell(draft: Draft, words: string): void {
  draft.text = words;
}

function wide(members: number): string {
  return `{${Array.from({ length: members }, (_, i) => `"m${i}":${i}`).join(',')}}`;
}

function renamed(draft: Draft, method: string): void {
  draft.message.set('method', JSON.stringify(method));
}
