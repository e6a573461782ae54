import { dimension } from './dimension';
import { args, type Draft, meta, params, setHeader } from './draft';

const CALL = { client: ['raw'], message: ['call'] };
const KEY = 'cdk-mcp-fleet/idempotencyKey';
/** Tools whose arguments hold no key. */
const KEYLESS = { ...CALL, tool: ['read', 'write', 'slash'] };
const WRITE = { ...CALL, tool: ['write'] };
/** Calls whose server asks for input first. */
const ROUNDS = { ...WRITE, server: ['worst'], era: ['modern'] };
const keyed = (d: Draft, key = `key-${d.mark}`) => meta(d).set(KEY, JSON.stringify(key));

/** The idempotency key, and calls that come again. */
export const key = dimension<Draft>(
  {},
  {
    meta: { expect: 'same', needs: KEYLESS, act: (d) => void keyed(d) },
    header: { expect: 'same', needs: KEYLESS, act: (d) => setHeader(d, 'idempotency-key', `key-${d.mark}`) },
    'header-quoted': { expect: 'same', needs: KEYLESS, act: (d) => setHeader(d, 'idempotency-key', `"key-${d.mark}"`) },
    'both-agree': {
      expect: 'same',
      needs: KEYLESS,
      act: (d) => {
        keyed(d);
        setHeader(d, 'idempotency-key', `key-${d.mark}`);
      },
    },
    'both-differ': {
      expect: 'refused',
      needs: CALL,
      act: (d) => {
        keyed(d);
        setHeader(d, 'idempotency-key', 'another');
      },
    },
    long: { kind: 'A5', expect: 'refused', needs: CALL, act: (d) => void keyed(d, 'k'.repeat(8_000)) },
    empty: { kind: 'A5', expect: 'refused', needs: CALL, act: (d) => void keyed(d, '') },
    number: { kind: 'A5', expect: 'refused', needs: CALL, act: (d) => void meta(d).set(KEY, '7') },
    'lone-surrogate': { kind: 'A6', expect: 'refused', needs: CALL, act: (d) => void meta(d).set(KEY, '"k\\ud800"') },
    'rounds-gone-on': { kind: 'B11', expect: 'same', needs: ROUNDS, act: (d) => again(d, goOn) },
    'rounds-begun-again': {
      kind: 'B11',
      expect: 'same',
      needs: ROUNDS,
      act: (d) => {
        again(d, goOn);
        d.repeats.push(() => undefined);
      },
    },
    again: { expect: 'same', needs: WRITE, act: (d) => again(d, () => undefined) },
    'again-under-other-id': { expect: 'same', needs: WRITE, act: (d) => again(d, (other) => void other.message.set('id', '"again"')) },
    'again-equal-numbers': numbers('1', '10e-1', '1.0'),
    'again-more-digits': numbers('100.00000000000000000001', '100.00000000000000000002'),
    'again-negative-zero': numbers('0', '-0'),
    'again-tiny': numbers('0', '1e-400'),
    'again-other-order': {
      expect: 'same',
      needs: WRITE,
      act: (d) => again(d, (other) => void args(other).turn()),
    },
    'again-other-value': numbers('1', '2'),
    'again-without-key': { expect: 'same', needs: WRITE, act: (d) => void d.repeats.push(() => undefined) },
  },
);

/** Later sendings have another total under the same key. */
function numbers(first: string, ...others: string[]) {
  return {
    kind: 'A6',
    expect: 'same',
    needs: WRITE,
    act: (d: Draft) => {
      keyed(d);
      args(d).set('total', first);
      d.repeats.push(...others.map((total) => (other: Draft) => void args(other).set('total', total)));
    },
  } as const;
}

function again(draft: Draft, change: (other: Draft) => void): void {
  keyed(draft);
  draft.repeats.push(change);
}

/** Says what the server has asked for. */
function goOn(draft: Draft): void {
  params(draft).set('inputResponses', '{"sure":{"action":"accept","content":{}}}').set('requestState', '"asked"');
}
