import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { ErrorName } from '../../../core/errors';
import { each, product, type Threat } from '../threat';
import { call, ERAS, type EraName } from '../town/messages';
import type { Town } from '../town/town';
import { refused, refusedAs } from '../verdicts';

/** Sends a call whose text was changed, and expects a refusal. */
async function changedText(
  town: Town,
  era: EraName,
  change: (text: string, mark: string) => string | Buffer,
  errors: readonly ErrorName[],
  headers = {},
) {
  const mark = town.mark();
  const said = call(era, 'open', { mark });
  const body = change(said.body, mark);
  refusedAs(town, await town.ask({ ...said, body: body as string }, { era, headers }), errors, mark);
}

/** Puts members in front of the first one of an object. @param at of which the object is the value; the message itself where it is empty */
const before = (text: string, at: string, members: string): string =>
  at === '' ? `{${members},${text.slice(1)}` : text.replace(`"${at}":{`, `"${at}":{${members},`);
const after = (text: string, members: string): string => text.replace(/\}$/, `,${members}}`);

/** Members that come twice, as they stand in the text. */
const TWICE: Readonly<Record<string, (text: string) => string>> = {
  method: (text) => before(text, '', '"method":"ping"'),
  'method, at the end': (text) => after(text, '"method":"ping"'),
  'method, escaped': (text) => before(text, '', '"\\u006dethod":"ping"'),
  id: (text) => after(text, '"id":99'),
  jsonrpc: (text) => after(text, '"jsonrpc":"2.0"'),
  params: (text) => after(text, '"params":{"name":"burn","arguments":{}}'),
  name: (text) => before(text, 'params', '"name":"burn"'),
  'name, escaped': (text) => before(text, 'params', '"n\\u0061me":"burn"'),
  arguments: (text) => before(text, 'params', '"arguments":{"mark":"x"}'),
  'a member of arguments': (text) => before(text, 'arguments', '"mark":"x"'),
  'a member of arguments, escaped': (text) => before(text, 'arguments', '"\\u006d\\u0061rk":"x"'),
  'a member far down': (text) => before(text, 'arguments', '"deep":[[{"a":{"b":1,"b":2}}]]'),
  __proto__: (text) => before(text, 'arguments', '"__proto__":1,"__proto__":2'),
  _meta: (text) => before(text, 'params', '"_meta":{},"_meta":{}'),
};

const FOLDED: Readonly<Record<string, (text: string) => string>> = {
  Method: (text) => after(text, '"Method":"ping"'),
  METHOD: (text) => after(text, '"METHOD":"ping"'),
  Params: (text) => after(text, '"Params":{"name":"burn"}'),
  'paramſ (U+017F)': (text) => after(text, '"param\u017f":{"name":"burn"}'),
  Name: (text) => before(text, 'params', '"Name":"burn"'),
  NAME: (text) => before(text, 'params', '"NAME":"burn"'),
  Arguments: (text) => before(text, 'params', '"Arguments":{}'),
  'argumentſ (U+017F)': (text) => before(text, 'params', '"argument\u017f":{}'),
  'tasK (U+212A)': (text) => before(text, 'params', '"tas\u212a":{}'),
  _Meta: (text) => before(text, 'params', '"_Meta":{}'),
  'a key in capitals': (text) => before(text, 'params', '"_META":{"cdk-mcp-fleet/idempotencyKey":"x"}'),
  'İd (U+0130)': (text) => after(text, '"\u0130d":7'),
};

const NUMBERS = [
  '9007199254740993',
  '-9007199254740993',
  '1e400',
  '-1e400',
  '1e309',
  '1e300',
  '123456789012345678901234567890',
  '18446744073709551616',
];
const NOT_JSON: Readonly<Record<string, (text: string) => string>> = {
  NaN: (text) => before(text, 'arguments', '"n":NaN'),
  Infinity: (text) => before(text, 'arguments', '"n":Infinity'),
  'a leading zero': (text) => before(text, 'arguments', '"n":01'),
  'a hexadecimal number': (text) => before(text, 'arguments', '"n":0x10'),
  'a plus': (text) => before(text, 'arguments', '"n":+1'),
  'a point without digits': (text) => before(text, 'arguments', '"n":1.'),
  'a trailing comma': (text) => text.replace(/\}$/, ',}'),
  'a comment': (text) => `/* "name":"burn" */${text}`,
  'single quotes': (text) => before(text, 'arguments', "'n':1"),
  'a name without quotes': (text) => before(text, 'arguments', 'n:1'),
  'two texts': (text) => text + text,
  'text behind it': (text) => `${text}x`,
  'a tab in a string': (text) => before(text, 'arguments', '"n":"\t"'),
  'a NUL behind it': (text) => `${text}\0`,
  'half of it': (text) => text.slice(0, -5),
  nothing: () => '',
};

const KINDS: Readonly<Record<string, (text: string) => string>> = {
  'jsonrpc 1.0': (text) => text.replace('"2.0"', '"1.0"'),
  'jsonrpc as a number': (text) => text.replace('"2.0"', '2.0'),
  'no jsonrpc': (text) => text.replace('"jsonrpc":"2.0",', ''),
  'id null': (text) => text.replace(/"id":\d+/, '"id":null'),
  'id true': (text) => text.replace(/"id":\d+/, '"id":true'),
  'id an object': (text) => text.replace(/"id":\d+/, '"id":{}'),
  'id a list': (text) => text.replace(/"id":\d+/, '"id":[1]'),
  'id a fraction': (text) => text.replace(/"id":\d+/, '"id":1.5'),
  'id of 256 bytes': (text) => text.replace(/"id":\d+/, `"id":"${'x'.repeat(256)}"`),
  'method as a list': (text) => text.replace('"tools/call"', '["tools/call"]'),
  'params as a list': (text) => text.replace(/"params":\{.*\}$/, '"params":["open"]}'),
  'params as text': (text) => text.replace(/"params":\{.*\}$/, '"params":"open"}'),
  'a result beside it': (text) => after(text, '"result":{}'),
  'an error beside it': (text) => after(text, '"error":{"code":1,"message":"x"}'),
  'another member': (text) => after(text, '"x":1'),
  'a text': () => '"tools/call"',
  'a number': () => '7',
  null: () => 'null',
};

const CHARSETS = ['utf-16', 'utf-16le', 'utf-7', 'iso-8859-1', 'us-ascii', 'utf-32', 'x', '"utf-8", x', 'utf-8; charset=utf-16', 'cp037'];
const TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json-patch+json',
  'text/json',
  'application/xml',
  'application',
  'application/json, text/plain',
];
const CODINGS: Readonly<Record<string, (text: string) => Buffer>> = {
  gzip: (text) => gzipSync(text),
  deflate: (text) => deflateSync(text),
  br: (text) => brotliCompressSync(text),
  'gzip, gzip': (text) => gzipSync(gzipSync(text)),
  'x-gzip': (text) => gzipSync(text),
  zstd: (text) => Buffer.from(text),
  'identity, gzip': (text) => gzipSync(text),
  'gzip of 64 MiB in 64 KiB': () => gzipSync(Buffer.alloc(64 * 1024 * 1024, ' ')),
};
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
const BYTES: Readonly<Record<string, (text: string) => Buffer>> = {
  'an invalid byte': (text) => latin(before(text, 'arguments', '"n":"\xff"')),
  'an overlong slash': (text) => latin(before(text, 'arguments', '"n":"\xc0\xaf"')),
  'an overlong quote': (text) => latin(before(text, 'arguments', '"n":"\xc0\xa2"')),
  'a surrogate in UTF-8': (text) => latin(before(text, 'arguments', '"n":"\xed\xa0\x80"')),
  'a code point beyond Unicode': (text) => latin(before(text, 'arguments', '"n":"\xf5\x80\x80\x80"')),
  'half a character at the end': (text) => latin(`${text}\xe2\x82`),
  'UTF-16': (text) => Buffer.from(text, 'utf16le'),
  'UTF-16 with its mark': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'a lone surrogate, escaped': (text) => latin(before(text, 'arguments', '"n":"\\ud800"')),
  'surrogates in the wrong order, escaped': (text) => latin(before(text, 'arguments', '"n":"\\udc00\\ud800"')),
  'a name of a lone surrogate': (text) => latin(before(text, 'arguments', '"\\udbff":1')),
};

const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const LARGE: Readonly<Record<string, readonly [(text: string) => string, ErrorName]>> = {
  'nested 129 deep': [(text) => before(text, 'arguments', `"n":${deep(126)}`), 'PARSE_ERROR'],
  'nested 100,000 deep': [(text) => before(text, 'arguments', `"n":${deep(100_000)}`), 'PARSE_ERROR'],
  'nested and never closed': [() => '['.repeat(200_000), 'PARSE_ERROR'],
  '250,001 values': [(text) => before(text, 'arguments', `"n":[${'0,'.repeat(250_000)}0]`), 'PARSE_ERROR'],
  'a name of 8,193 letters': [(text) => before(text, 'arguments', `"${'n'.repeat(8_193)}":0`), 'PARSE_ERROR'],
  'a number of 1,001 digits': [(text) => before(text, 'arguments', `"n":0.${'1'.repeat(1_000)}`), 'PARSE_ERROR'],
  'a number of a million digits': [(text) => before(text, 'arguments', `"n":0.${'1'.repeat(1_000_000)}`), 'PARSE_ERROR'],
  '4 MiB and a byte': [(text) => text.padEnd(4 * 1024 * 1024 + 1, ' '), 'PAYLOAD_TOO_LARGE'],
  'a tool name of 1,025 bytes': [(text) => text.replace('"name":"open"', `"name":"${'o'.repeat(1_025)}"`), 'INVALID_PARAMS'],
  'an idempotency key of 256 bytes': [
    (text) => before(text, 'params', `"_meta":{"cdk-mcp-fleet/idempotencyKey":"${'k'.repeat(256)}"}`),
    'INVALID_PARAMS',
  ],
  'a task of 256 bytes': [(text) => before(text, 'params', `"_meta":{"cdk-mcp-fleet/taskId":"${'t'.repeat(256)}"}`), 'INVALID_PARAMS'],
};

const STRICT = 'core/strict-json.ts';
const MESSAGE = 'core/message.ts';
const HEAD = 'gateway/http/request-head.ts';

/** Attacks in the legacy era alone: of a message without `_meta` it is. */
const inLegacy = (table: Readonly<Record<string, (text: string) => string | Buffer>>, errors: readonly ErrorName[]) =>
  each(
    Object.keys(table),
    (what) => `legacy: ${what}`,
    (what, town) => changedText(town, 'legacy', table[what] as (text: string) => string, errors),
  );
const inBoth = (table: Readonly<Record<string, (text: string) => string | Buffer>>, errors: readonly ErrorName[]) =>
  each(
    product(ERAS, Object.keys(table)),
    ([era, what]) => `${era}: ${what}`,
    ([era, what], town) => changedText(town, era, table[what] as (text: string) => string, errors),
  );

export const READING_THREATS: readonly Threat[] = [
  {
    id: 'message-twice',
    boundary: 'agent',
    threat: 'A member comes twice, and policy reads the one while the server reads the other.',
    asset: 'that what is judged is what is executed',
    answer: 'Every object of a message is counted: a name that comes twice is refused (RFC 7493), however it is escaped',
    mutation: { program: 'gateway', file: STRICT, find: 'if (countMembers(value) !== members)', put: 'if (countMembers(value) > members)' },
    attacks: inBoth(TWICE, ['PARSE_ERROR']),
  },
  {
    id: 'message-folded',
    boundary: 'agent',
    threat: 'A name in another case, for a server whose parser takes no notice of case.',
    asset: 'that what is judged is what is executed',
    answer: 'In message, `params` and `_meta` no name may differ from one that is read in case only, in any of Unicode’s ways',
    mutation: {
      program: 'gateway',
      file: 'core/reading/folding.ts',
      find: 'if (seen.has(folded) || (!known.has(name) && protocol.has(folded))) return name;',
      put: 'if (protocol.size === 0) return name;',
    },
    attacks: inBoth(FOLDED, ['INVALID_REQUEST']),
  },
  {
    id: 'message-number',
    boundary: 'agent',
    threat: 'A number that parsers round differently: a bound holds for the one and not for the other.',
    asset: 'bounds of arguments',
    answer: 'Integers beyond ±(2^53 − 1), and what overflows a double, are refused; the digits of all others are passed on as written',
    mutation: {
      program: 'gateway',
      file: 'core/reading/json-scan.ts',
      find: 'if (bounds.interoperable) refuseInexact',
      put: "if (bounds.interoperable && text === '') refuseInexact",
    },
    attacks: each(
      product(ERAS, NUMBERS),
      ([era, number]) => `${era}: ${number}`,
      ([era, number], town) => changedText(town, era, (text) => before(text, 'arguments', `"n":${number}`), ['PARSE_ERROR']),
    ),
  },
  {
    id: 'message-not-json',
    boundary: 'agent',
    threat: 'A text that only a lenient parser takes for JSON.',
    asset: 'that what is judged is what is executed',
    answer: 'RFC 8259 to the letter, and the server gets the gateway’s own text of it',
    mutation: {
      program: 'gateway',
      file: 'core/reading/json-scan.ts',
      find: 'if (at !== text.length) throw malformed();',
      put: 'text = text.slice(0, at);',
    },
    attacks: inLegacy(NOT_JSON, ['PARSE_ERROR']),
  },
  {
    id: 'message-kind',
    boundary: 'agent',
    threat: 'A message that is of two kinds, or of none: a request and a response at once, an id that is none.',
    asset: 'that a call is recorded as a call',
    answer: 'One table of what a JSON-RPC message is; everything else is refused',
    mutation: {
      program: 'gateway',
      file: MESSAGE,
      find: 'if (stranger !== undefined) throw invalid',
      put: "if (stranger === '') throw invalid",
    },
    attacks: inLegacy(KINDS, ['INVALID_REQUEST']),
  },
  {
    id: 'message-charset',
    boundary: 'agent',
    threat: 'A charset or a media type by which a server would read other characters than the gateway.',
    asset: 'that what is judged is what is executed',
    answer: 'JSON in UTF-8 and nothing else; the server is told the gateway’s own content type',
    mutation: {
      program: 'gateway',
      file: HEAD,
      find: "if (charsets.some((charset) => charset !== 'utf-8' && charset !== 'utf8'))",
      put: "if (charsets.some((charset) => charset === 'none'))",
    },
    attacks: [
      ...each(
        product(ERAS, CHARSETS),
        ([era, charset]) => `${era}: charset ${charset}`,
        ([era, charset], town) =>
          changedText(town, era, (text) => text, ['UNSUPPORTED_MEDIA_TYPE'], { 'content-type': `application/json; charset=${charset}` }),
      ),
      ...each(
        TYPES,
        (type) => type,
        (type, town) => changedText(town, 'legacy', (text) => text, ['UNSUPPORTED_MEDIA_TYPE'], { 'content-type': type }),
      ),
    ],
  },
  {
    id: 'message-coding',
    boundary: 'agent',
    threat: 'A body that is compressed: a bomb, or one that only the server undoes.',
    asset: 'memory of the gateway; that what is judged is what is executed',
    answer: 'A `Content-Encoding` is refused before a byte of it is undone',
    mutation: { program: 'gateway', file: HEAD, find: "if (coding.toLowerCase() !== 'identity')", put: "if (coding === '')" },
    attacks: each(
      Object.keys(CODINGS),
      (coding) => coding,
      (coding, town) =>
        changedText(town, 'legacy', CODINGS[coding] as (text: string) => Buffer, ['UNSUPPORTED_MEDIA_TYPE'], {
          'content-encoding': coding.split(' of')[0],
        }),
    ),
  },
  {
    id: 'message-bytes',
    boundary: 'agent',
    threat: 'Bytes that are no UTF-8, or characters that are none, which parsers replace or drop.',
    asset: 'that what is judged is what is executed',
    answer: 'UTF-8 is decoded without mercy, and a string with half a character is refused',
    mutation: { program: 'gateway', file: STRICT, find: 'fatal: true', put: 'fatal: false' },
    attacks: inLegacy(BYTES, ['PARSE_ERROR']),
  },
  {
    id: 'message-large',
    boundary: 'agent',
    threat: 'A message that is too deep, too large, or of too many parts, so that a stack or a row overflows.',
    asset: 'gateways, and the ledger’s rows',
    answer: 'Bounds on bytes, depth, values, names, numbers and every field of a row, before anything is made of it',
    mutation: {
      program: 'gateway',
      file: 'core/reading/json-scan.ts',
      find: 'if (open.length === bounds.depth)',
      put: 'if (open.length === -1)',
    },
    attacks: each(
      Object.keys(LARGE),
      (what) => what,
      async (what, town) => {
        const [change, error] = LARGE[what] ?? [(text: string) => text, 'INTERNAL' as const];
        await changedText(town, 'legacy', change, [error]);
      },
    ),
  },
  {
    id: 'message-batch',
    boundary: 'agent',
    threat: 'A batch hides a call from policy, or is more work than it looks.',
    asset: 'grants; gateways',
    answer: 'A batch counts only in a session of the one revision that has them; each message in it is judged on its own',
    mutation: {
      program: 'gateway',
      file: 'gateway/http/batch.ts',
      find: 'if (session?.revision === BATCH_REVISION) return;',
      put: "if (session?.revision !== '') return;",
    },
    attacks: [
      ...each(
        product(ERAS, ['of a call', 'of two', 'of nothing', 'in a batch', 'of 101'] as const),
        ([era, what]) => `${era}: a batch ${what}`,
        async ([era, what], town) => {
          const mark = town.mark();
          const said = call(era, 'open', { mark });
          const batches = {
            'of a call': [said.body],
            'of two': [said.body, said.body],
            'of nothing': [],
            'in a batch': [`[${said.body}]`],
            'of 101': Array.from({ length: 101 }, () => said.body),
          };
          refused(town, await town.ask({ ...said, body: `[${batches[what].join(',')}]` }, { era }), 'INVALID_REQUEST', mark);
        },
      ),
      {
        name: 'a call that is not granted, in a session that has batches',
        play: async (town) => {
          const mark = town.mark();
          const session = await town.open('reader', 'vault', {}, '2025-03-26');
          const said = call('legacy', 'burn', { mark });
          const headers = { 'mcp-protocol-version': '2025-03-26' };
          const answer = await town.ask({ ...said, body: `[${said.body},${call('legacy', 'burn', { mark }).body}]` }, { session, headers });
          if (answer.messages.length !== 2) throw new Error(`two answers were expected: ${answer.text.slice(0, 300)}`);
          for (const message of answer.messages) refused(town, { ...answer, messages: [message] }, 'DENIED', mark);
          return answer.messages.map(
            ({ error }) =>
              ({ agent: 'reader', server: 'vault', error: 'DENIED', tool: 'burn', callId: error?.data?.callId ?? '' }) as const,
          );
        },
      },
    ],
  },
];
