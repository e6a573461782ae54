import { Dice } from '../../core/dice';
import { headersOf } from '../town/messages';

/** One request that somebody makes up near the bounds of a grant. */
export interface Made {
  readonly body: Buffer;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const MODERN_META = [
  '"io.modelcontextprotocol/protocolVersion":"2026-07-28"',
  '"io.modelcontextprotocol/clientInfo":{"name":"f","version":"1"}',
  '"io.modelcontextprotocol/clientCapabilities":{}',
];
const TOOLS = [
  'burn',
  'Burn',
  'OPEN',
  'lend ',
  'ope\\u006e',
  'b\\u0075rn',
  '\\u006f\\u0070en',
  'lend\\u0000',
  '\\uff4fpen',
  'openＮ',
  'ｌend',
];
const METHODS = [
  'tools\\/call',
  'tools/\\u0063all',
  'Tools/call',
  'tools/list',
  'ping',
  'resources/read',
  'prompts/get',
  'tools/call ',
  'x/burn',
];
const BOUNDS = ['1', '0', '1000', '1000.0', '1e3', '10E2', '1.0e+3', '1001', '-1', '1000.0000000000001'];
const AMOUNTS = [
  '-0',
  '1001',
  '1000.0000000000001',
  '1000.00000000000000000001',
  '-1',
  '-1e-30',
  '1e4',
  '1e308',
  '1e309',
  '9007199254740993',
  '0.1e4',
  '"1"',
  '[1]',
  'null',
  'true',
  '{"$":1}',
  '01',
  '0x1',
  '1.',
  '.5',
  'NaN',
  'Infinity',
  '+1',
  '1e',
  '1_000',
];
const RECEIVERS = [
  '"acme-1"',
  '"acme-"',
  '"\\u0061cme-1"',
  '"ACME-1"',
  '"evil"',
  '"evil\\u0000acme-1"',
  '["acme-1"]',
  'null',
  '"acme\\u2010 1"',
  '"ａcme-1"',
  '{"acme-":1}',
];
const URIS = [
  'vault://public/1',
  'vault://public/../secret/1',
  'vault://public/%2e%2e/secret/1',
  'VAULT://public/1',
  'vault://secret/1',
  'vault://public\\u002f..\\u002fsecret',
  'vault://public/a%2Fb',
  'vault://public/1#x',
  'vault://public//1',
];
const PROMPTS = ['greeting', 'secret-greeting', 'Greeting', 'greet\\u0069ng', 'greeting '];
/** Other ways to write a name: escaped, in another case, folded, with something invisible. */
const SPELLINGS: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.replace(/[a-z]/, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
  (name) => name.replace(/[a-z]/, (char) => char.toUpperCase()),
  (name) => name.toUpperCase(),
  (name) => name.replace('s', '\u017f').replace('k', '\u212a'),
  (name) => `${name}\u200b`,
  (name) => `\ufeff${name}`,
  (name) => `${name}\\u0000`,
  (name) => ` ${name}`,
  (name) => name.normalize('NFD'),
];
const SPACES = ['', '', '', ' ', '\n', '\t', '\r\n', '\u00a0', '\u2028', '/**/', '\v'];

/** Mostly what is usual: a message with one oddity passes further than one with five. */
const ODD = 0.15;
const usually = <T>(dice: Dice, usual: readonly T[], odd: readonly T[]): T => dice.pick(dice.chance(ODD) ? odd : usual);

/** The message of a seed and a number, whatever else happens. */
export function messageOf(seed: number, index: number): Made {
  const dice = new Dice(seed * 1_000_003 + index);
  const modern = dice.chance(0.7);
  const method = usually(dice, ['tools/call'], METHODS);
  const name = method.includes('prompts') ? dice.pick(PROMPTS) : usually(dice, ['open', 'store', 'lend', 'lend', 'lend'], TOOLS);
  const text = messageText(dice, modern, method, name);
  const whole = dice.chance(0.03) ? `[${text}${dice.chance(0.5) ? `,${text}` : ''}]` : text;
  return { body: bytesOf(dice, whole), headers: headersFor(dice, modern, method, name) };
}

function messageText(dice: Dice, modern: boolean, method: string, name: string): string {
  const meta = [
    ...(modern ? MODERN_META : []),
    ...(dice.chance(0.1) ? [`"cdk-mcp-fleet/idempotencyKey":${dice.pick(['"k"', '7', '"\\u006b"'])}`] : []),
  ];
  const args = argumentsOf(dice);
  const params = [
    ['name', `"${name}"`],
    ['arguments', dice.chance(0.03) ? dice.pick(['null', '[]', '"x"', '[{"amount":1}]']) : args],
    ...(method.startsWith('resources') ? [['uri', `"${dice.pick(URIS)}"`] as const] : []),
    ...(meta.length > 0 ? [['_meta', object(dice, meta.map(pairOf))] as const] : []),
  ] as const;
  const message: (readonly [string, string])[] = [
    ['jsonrpc', dice.chance(0.02) ? '"1.0"' : '"2.0"'],
    ['id', usually(dice, ['1', '"1"'], ['7', '1.0', '1e0', '-1', 'null', '1.5', '"\\u0031"'])],
    ['method', `"${method}"`],
    ['params', object(dice, twice(dice, params, ['name', 'arguments', 'uri', '_meta'], OTHERS))],
  ];
  return object(dice, twice(dice, message, ['method', 'params', 'id', 'result'], OTHERS));
}

/** Values that somebody hopes are read in the place of the others. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  name: ['"burn"', '"lend"', '"open"'],
  arguments: ['{"amount":999999}', '{}', '{"amount":1,"to":"evil"}'],
  uri: ['"vault://secret/1"'],
  _meta: ['{}'],
  method: ['"tools/call"', '"ping"'],
  params: ['{"name":"burn","arguments":{}}', '{"name":"open"}'],
  id: ['2'],
  result: ['{}'],
  amount: ['999999', '1'],
  to: ['"evil"', '"acme-2"'],
};

function argumentsOf(dice: Dice): string {
  const given: (readonly [string, string])[] = [
    ...(dice.chance(0.85) ? [['amount', usually(dice, BOUNDS, AMOUNTS)] as const] : []),
    ...(dice.chance(0.4) ? [['to', usually(dice, ['"acme-1"'], RECEIVERS)] as const] : []),
    ...(dice.chance(0.2)
      ? [['deep', dice.pick(['{"name":"burn"}', '[[{"params":{"name":"burn"}}]]', '{"a":1,"a":2}', '{"__proto__":{"amount":9}}'])] as const]
      : []),
    ...(dice.chance(0.05) ? [['__proto__', '{"amount":1}'] as const] : []),
  ];
  return object(dice, twice(dice, given, ['amount', 'to'], OTHERS));
}

/** Adds, now and then, a member that is there already, or that one could take for it. */
function twice(dice: Dice, members: readonly (readonly [string, string])[], names: readonly string[], others: typeof OTHERS) {
  if (!dice.chance(0.1)) return members;
  const name = dice.pick(names);
  const added = [dice.pick(SPELLINGS)(name), dice.pick(others[name] ?? ['1'])] as const;
  return dice.chance(0.5) ? [added, ...members] : [...members, added];
}

const pairOf = (text: string) => [text.slice(1, text.indexOf('":')), text.slice(text.indexOf('":') + 2)] as const;

function object(dice: Dice, members: readonly (readonly [string, string])[]): string {
  const space = () => (dice.chance(0.02) ? dice.pick(SPACES) : '');
  const written = members.map(([name, value]) => `${space()}"${name}"${space()}:${space()}${value}`);
  return `{${written.join(',')}${dice.chance(0.005) ? ',' : ''}${space()}}`;
}

function bytesOf(dice: Dice, text: string): Buffer {
  const way = dice.integer(0, 199);
  if (way === 0) return Buffer.from(text, 'utf16le');
  if (way === 1) return Buffer.from(text, 'latin1');
  if (way === 2) return Buffer.from(`\ufeff${text}`);
  if (way === 3) return Buffer.concat([Buffer.from(text), Buffer.from(dice.pick(['x', '\0', '{}', '\u2028', text]))]);
  if (way === 4) return Buffer.from(text.replace('"open"', '"\\u006Fpen"'));
  const bytes = Buffer.from(text);
  // A bit that falls over.
  if (way < 10 && bytes.length > 0) bytes[dice.integer(0, bytes.length - 1)] = dice.integer(0, 255);
  return bytes;
}

function headersFor(dice: Dice, modern: boolean, method: string, name: string): Made['headers'] {
  const plain = (text: string): string =>
    text.replace(/\\u00([\da-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16))).replaceAll('\\/', '/');
  const era = dice.chance(0.98) === modern ? 'modern' : 'legacy';
  const said = headersOf(era, plain(method), dice.chance(0.97) ? plain(name) : dice.pick(['open', 'burn']));
  const sendable = said.filter(([, value]) => /^[\x20-\x7e]*$/.test(value));
  return dice.chance(0.98)
    ? sendable
    : sendable.map(([field, value]) =>
        field === 'content-type' ? [field, `${value}; charset=${dice.pick(['utf-8', 'utf-7', 'utf-16'])}`] : [field, value],
      );
}
