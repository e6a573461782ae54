import type { Outcome } from '../../../core/ledger';
import { dimension, type Value } from './dimension';
import { type Written, written } from './members';
import { asStream, type Reply, setHeader } from './reply';

/** What a server may do with its answer, and what must become of it. */
export interface AnswerValue extends Value<Reply> {
  /**
   * What the agent gets of it: `same` as the server said it; `withheld`: an error of ours instead; `either`.
   * `expect` says the same of whether the call may count as delivered.
   */
  readonly states?: readonly Outcome[];
}

type Answers = Readonly<Record<string, AnswerValue>>;

const WORST = { server: ['worst'], message: ['call', 'list'] };
const CALL = { message: ['call'] };
const LIST = { message: ['list'] };
const LEGACY = { era: ['legacy', 'batches'] };

const answers = (needs: Record<string, string[]>, values: Answers): Answers => dimension<Reply>({ ...WORST, ...needs }, values) as Answers;
const same = (act: (reply: Reply) => void, kind = 'B4'): AnswerValue => ({ kind, expect: 'same', act });
const either = (act: (reply: Reply) => void, kind = 'B4'): AnswerValue => ({ kind, expect: 'either', act });
/** The agent must not get it for a result, and nobody may say that nothing happened. */
const lost = (act: (reply: Reply) => void, kind = 'B2'): AnswerValue => ({ kind, expect: 'refused', states: ['unknown'], act });

/** The stream of events. WHATWG HTML § Server-sent events, parsing. */
export const stream = answers(
  {},
  {
    lf: same(asStream),
    crlf: same((r) => styled(r, { eol: '\r\n' })),
    cr: same((r) => styled(r, { eol: '\r' })),
    bom: same((r) => styled(r, { lead: '\ufeff' })),
    comments: same((r) => styled(r, { lead: ': hello\n\n', between: ':\n' })),
    'other-event': same((r) => styled(r, { lead: 'event: endpoint\ndata: /message\n\nevent: ping\ndata: {}\n\n' })),
    'message-event': same((r) => styled(r, { event: (data, eol) => `event: message${eol}data: ${data}${eol}${eol}` })),
    'event-after-data': same((r) => styled(r, { event: (data, eol) => `data: ${data}${eol}event: message${eol}${eol}` })),
    'response-of-other-type': lost((r) => styled(r, { event: (data, eol) => `event: answer${eol}data: ${data}${eol}${eol}` }), 'B4'),
    'data-lines': same((r) => styled(r, { event: (data, eol) => `data: ${data.slice(0, 1)}${eol}data: ${data.slice(1)}${eol}${eol}` })),
    'no-space': same((r) => styled(r, { event: (data, eol) => `data:${data}${eol}${eol}` })),
    'id-and-retry': same((r) => styled(r, { event: (data, eol) => `id: e1${eol}retry: 10${eol}data: ${data}${eol}${eol}` })),
    primed: same((r) => styled(r, { lead: 'id: e0\ndata:\n\n' })),
    'unknown-fields': same((r) =>
      styled(r, { event: (data, eol) => `foo: bar${eol}data: ${data}${eol}dat: x${eol}retry: soon${eol}${eol}` }),
    ),
    'empty-events': same((r) => styled(r, { lead: '\n\n\ndata\n\n' })),
    'ends-within': lost((r) => styled(r, { event: (data, eol) => `data: ${data}${eol}` }), 'B4'),
    'two-of-one-event': lost((r) => styled(r, { event: (data, eol) => `data: ${data}${eol}data: ${data}${eol}${eol}` }), 'B4'),
  },
);

/** How the bytes come. */
export const pieces = answers(
  {},
  {
    bytes: same((r) => deliver(r, { pieces: 'bytes' })),
    halves: same((r) => deliver(r, { pieces: 'halves' })),
    evil: same((r) => {
      styled(r, { eol: '\r\n' });
      deliver(r, { pieces: 'evil' });
    }),
    length: same((r) => deliver(r, { length: 0 })),
    'length-short': lost((r) => deliver(r, { length: 7, end: 'cut' }), 'B5'),
    'cut-before': lost((r) => deliver(r, { share: -1, end: 'cut' }), 'B5'),
    'cut-behind-head': lost((r) => deliver(r, { share: 0, end: 'cut' }), 'B5'),
    'cut-within': lost((r) => deliver(r, { share: 0.5, end: 'cut' }), 'B5'),
    'stream-cut-within': lost((r) => {
      asStream(r);
      deliver(r, { share: 0.5, end: 'cut' });
    }, 'B5'),
    'stream-left-open': same((r) => {
      asStream(r);
      deliver(r, { end: 'open' });
    }, 'B6'),
  },
);

export const mediaType = answers(
  {},
  {
    'json-upper': same((r) => setHeader(r, 'content-type', 'Application/JSON; Charset="UTF-8"')),
    'stream-upper': same((r) => {
      asStream(r);
      setHeader(r, 'content-type', 'Text/Event-Stream;charset=utf-8');
    }),
    'stream-spaced': same((r) => {
      asStream(r);
      setHeader(r, 'content-type', 'text/event-stream ; x=y');
    }),
    absent: either((r) => {
      r.headers = [];
    }),
    'text-plain': either((r) => setHeader(r, 'content-type', 'text/plain')),
    'stream-like': either((r) => setHeader(r, 'content-type', 'text/event-streams')),
    'utf-16': either((r) => setHeader(r, 'content-type', 'application/json; charset=utf-16')),
  },
);

/** Content codings that nobody asked for. They are undone with a bound, or the answer is an error; never passed as bytes. */
export const answerCoding = answers(
  {},
  {
    gzip: either((r) => coded(r, 'gzip')),
    deflate: either((r) => coded(r, 'deflate')),
    br: either((r) => coded(r, 'br')),
    'gzip-stream': either((r) => {
      asStream(r);
      coded(r, 'gzip');
    }),
    'gzip-cut': lost((r) => coded(r, 'gzip-cut'), 'B4'),
    'gzip-twice': either((r) => coded(r, 'gzip-twice')),
    unknown: either((r) => coded(r, 'unknown')),
    identity: same((r) => setHeader(r, 'content-encoding', 'identity')),
  },
);

/** The id of the response. */
export const answerId = answers(
  {},
  {
    'text-for-number': { kind: 'B1', expect: 'same', act: (r) => r.envelope.set('id', swapped(r.envelope.get('id'))) },
    'text-for-number-on-stream': {
      kind: 'B1',
      expect: 'same',
      act: (r) => {
        asStream(r);
        r.envelope.set('id', swapped(r.envelope.get('id')));
      },
    },
    other: lost((r) => r.envelope.set('id', '"somebody-else"'), 'B1'),
    'other-on-stream': lost((r) => {
      asStream(r);
      r.envelope.set('id', '987654');
    }, 'B1'),
    null: lost((r) => r.envelope.set('id', 'null'), 'B1'),
    'null-on-stream': lost((r) => {
      asStream(r);
      r.envelope.set('id', 'null');
    }, 'B1'),
    absent: lost((r) => r.envelope.remove('id'), 'B1'),
    twice: lost((r) => r.envelope.add('id', '"somebody-else"')),
    'twice-first': lost((r) => r.envelope.addFirst('id', '"somebody-else"')),
    array: lost((r) => r.envelope.set('id', `[${text(r.envelope.get('id'))}]`), 'B1'),
    spaced: lost((r) => r.envelope.set('id', JSON.stringify(` ${text(r.envelope.get('id')).replaceAll('"', '')}`)), 'B1'),
  },
);

/** What comes before, behind and beside the response. */
export const order = answers(
  {},
  {
    'notification-first': same((r) => say(r, 'before', NOTIFICATION), 'B1'),
    'progress-nobody-asked-for': same((r) => say(r, 'before', PROGRESS), 'B1'),
    'request-first': { ...same((r) => say(r, 'before', PING), 'B1'), needs: LEGACY },
    'notification-behind': either((r) => say(r, 'after', NOTIFICATION), 'B1'),
    'stranger-first': same((r) => say(r, 'before', STRANGER), 'B1'),
    'stranger-with-forbidden-tools': same((r) => say(r, 'before', FORBIDDEN_LIST), 'B1'),
    twice: same((r) => say(r, 'after', r.envelope.text()), 'B1'),
    'two-that-differ': same((r) => say(r, 'after', OTHER_RESULT(r)), 'B1'),
    batch: { ...either((r) => batched(r), 'B1'), needs: LEGACY },
    'on-get': { ...either((r) => onGet(r), 'B1'), needs: LEGACY, states: ['unknown', 'confirmed'] },
    'response-and-method': lost((r) => r.envelope.add('method', '"notifications/message"'), 'B1'),
    'notification-first-json-array': { ...lost((r) => instead(r, `[${NOTIFICATION}]`), 'B1'), needs: LEGACY },
  },
);

/** What the response to a call says. */
export const callResult = answers(CALL, {
  error: { kind: 'B2', expect: 'same', states: ['failed'], act: (r) => fails(r, { code: -32602, message: 'no' }) },
  'error-of-timeout': {
    kind: 'B5',
    expect: 'either',
    states: ['unknown'],
    act: (r) => fails(r, { code: -32001, message: 'Request timed out' }),
  },
  'error-internal': { kind: 'B5', expect: 'either', states: ['unknown'], act: (r) => fails(r, { code: -32603, message: 'bridge' }) },
  'error-closed': {
    kind: 'B5',
    expect: 'either',
    states: ['unknown'],
    act: (r) => fails(r, { code: -32000, message: 'Connection closed' }),
  },
  'tool-error': { kind: 'B2', expect: 'same', states: ['failed'], act: (r) => r.envelope.member('result').add('isError', 'true') },
  'tool-error-as-text': either((r) => r.envelope.member('result').add('isError', '"true"'), 'B2'),
  'null-beside-error': {
    kind: 'B2',
    expect: 'same',
    states: ['failed'],
    act: (r) => {
      fails(r, { code: -32602, message: 'no' });
      r.envelope.add('result', 'null');
    },
  },
  'null-beside-result': { kind: 'B2', expect: 'same', states: ['confirmed'], act: (r) => r.envelope.add('error', 'null') },
  both: lost((r) => r.envelope.add('error', '{"code":-32602,"message":"no"}')),
  neither: lost((r) => r.envelope.remove('result')),
  'result-null': lost((r) => r.envelope.set('result', 'null')),
  'result-text': lost((r) => r.envelope.set('result', '"fine"')),
  'result-array': lost((r) => r.envelope.set('result', '[{"content":[]}]')),
  'result-twice': lost((r) => r.envelope.add('result', '{"content":[{"type":"text","text":"the other"}]}')),
  'result-cased': lost((r) => r.envelope.add('Result', '{"content":[{"type":"text","text":"the other"}]}')),
  'result-escaped': lost((r) => r.envelope.addRaw('"r\\u0065sult"', '{"content":[{"type":"text","text":"the other"}]}')),
  'content-twice': either((r) => r.envelope.member('result').add('content', '[]'), 'B2'),
  'error-twice': lost((r) => {
    fails(r, { code: -32602, message: 'no' });
    r.envelope.add('error', '{"code":502,"message":"other"}');
  }),
  'is-error-twice': lost((r) => r.envelope.member('result').add('isError', 'false').add('isError', 'true')),
  'meta-twice': lost((r) => r.envelope.member('result').add('_meta', '{"a":1}').add('_meta', FORGED_META)),
  'meta-no-object': either((r) => r.envelope.member('result').add('_meta', '"text"'), 'B2'),
  'meta-null': either((r) => r.envelope.member('result').add('_meta', 'null'), 'B2'),
  'forged-stamp': same((r) => r.envelope.member('result').add('_meta', FORGED_META), 'B2'),
  'forged-stamp-escaped': either((r) => r.envelope.member('result').add('_meta', `{"cdk-mcp-fleet\\u002fcall":${FORGED}}`), 'B2'),
  'forged-stamp-twice': either(
    (r) => r.envelope.member('result').add('_meta', `{"cdk-mcp-fleet/call":${FORGED},"cdk-mcp-fleet/call":${FORGED}}`),
    'B2',
  ),
  'forged-member': same((r) => r.envelope.member('result').add('_meta', '{"cdk-mcp-fleet/other":1,"mine":2}'), 'B2'),
  'forged-words': {
    kind: 'B2',
    expect: 'either',
    states: ['failed', 'unknown'],
    act: (r) => fails(r, { code: 502, message: 'The call did not reach the server', data: OUR_WORDS }),
  },
  'forged-unknown': {
    kind: 'B2',
    expect: 'either',
    states: ['failed', 'unknown'],
    act: (r) => fails(r, { code: 504, message: 'lost', data: { ...OUR_WORDS, error: 'OUTCOME_UNKNOWN', outcome: 'unknown' } }),
  },
  'input-required-in-legacy': { ...either((r) => r.envelope.member('result').add('resultType', '"input_required"'), 'B2'), needs: LEGACY },
  'complete-in-legacy': { ...same((r) => r.envelope.member('result').add('resultType', '"complete"'), 'B2'), needs: LEGACY },
  nan: lost((r) => r.envelope.member('result').add('n', 'NaN')),
  'trailing-brace': lost((r) => instead(r, `${r.envelope.text()}}`)),
  'trailing-comma': lost((r) => instead(r, `${r.envelope.text().slice(0, -1)},}`)),
  'two-texts': lost((r) => instead(r, r.envelope.text() + r.envelope.text())),
  'no-json': lost((r) => instead(r, 'fine')),
  empty: lost((r) => instead(r, '')),
  'bom-before': either((r) => instead(r, `\ufeff${r.envelope.text()}`)),
  'spaces-around': same((r) => instead(r, `\r\n\t ${r.envelope.text()} \n`)),
  'old-jsonrpc': either((r) => r.envelope.set('jsonrpc', '"1.0"'), 'B2'),
  'no-jsonrpc': either((r) => r.envelope.remove('jsonrpc'), 'B2'),
  'lone-surrogate': either((r) => r.envelope.member('result').add('s', '"\\ud800"'), 'B2'),
  'large-number': same((r) => r.envelope.member('result').add('n', '123456789012345678901234567890.5'), 'B2'),
  'proto-member': same((r) => r.envelope.member('result').add('__proto__', '{"isError":true}'), 'B2'),
  deep: either((r) => r.envelope.member('result').add('deep', `${'['.repeat(5_000)}${']'.repeat(5_000)}`), 'B7'),
  megabyte: same((r) => r.envelope.member('result').add('big', JSON.stringify('x'.repeat(1_000_000))), 'B7'),
  task: {
    kind: 'B2',
    expect: 'either',
    states: ['unknown', 'confirmed', 'failed'],
    act: (r) => r.envelope.set('result', '{"task":{"taskId":"t1","status":"working","createdAt":"2026-01-01T00:00:00Z","ttl":60000}}'),
  },
});

/** What the response to a list says. */
export const listResult = answers(LIST, {
  error: same((r) => fails(r, { code: -32603, message: 'no list' }), 'B3'),
  nan: lost((r) => r.envelope.member('result').add('n', 'NaN'), 'B3'),
  'trailing-brace': lost((r) => instead(r, `${r.envelope.text()}}`), 'B3'),
  'tools-an-object': lost((r) => r.envelope.member('result').set('tools', '{"0":{"name":"admin"}}'), 'B3'),
  'tools-twice': lost((r) => r.envelope.member('result').addFirst('tools', '[{"name":"balance","inputSchema":{"type":"object"}}]'), 'B3'),
  'tools-cased': lost((r) => r.envelope.member('result').add('Tools', '[{"name":"admin","inputSchema":{"type":"object"}}]'), 'B3'),
  'tools-null': lost((r) => r.envelope.member('result').set('tools', 'null'), 'B3'),
  'tools-nested': lost((r) => r.envelope.member('result').set('tools', '[[{"name":"admin","inputSchema":{"type":"object"}}]]'), 'B3'),
  'name-twice': lost(
    (r) => r.envelope.member('result').set('tools', '[{"name":"admin","name":"balance","inputSchema":{"type":"object"}}]'),
    'B3',
  ),
  'name-cased': lost(
    (r) => r.envelope.member('result').set('tools', '[{"name":"balance","Name":"admin","inputSchema":{"type":"object"}}]'),
    'B3',
  ),
  'name-a-number': either((r) => r.envelope.member('result').set('tools', '[{"name":1,"inputSchema":{"type":"object"}}]'), 'B3'),
  'result-twice': lost((r) => r.envelope.add('result', '{"tools":[{"name":"admin","inputSchema":{"type":"object"}}]}'), 'B3'),
  'result-array': lost((r) => r.envelope.set('result', '[{"tools":[{"name":"admin"}]}]'), 'B3'),
  'long-name': either(
    (r) => r.envelope.member('result').set('tools', JSON.stringify([{ name: 'n'.repeat(1_025), inputSchema: { type: 'object' } }])),
    'A5',
  ),
});

/** The status, and whether the tool ran although it says so. */
export const status = answers(CALL, {
  '429-text': { ...notRun(429, 'Too Many Requests', [['retry-after', '1']]), kind: 'B5', expect: 'refused', states: ['not_executed'] },
  '404-session-not-found-after-it-ran': {
    kind: 'B5',
    expect: 'refused',
    states: ['unknown'],
    act: (r) => said(r, 404, 'session not found'),
    needs: LEGACY,
  },
  '404-text-after-it-ran': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 404, 'nothing here') },
  '400-text-after-it-ran': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 400, 'bad') },
  '400-with-error': {
    kind: 'B5',
    expect: 'either',
    states: ['failed', 'unknown'],
    act: (r) => {
      fails(r, { code: -32602, message: 'no' });
      r.status = 400;
    },
  },
  '500-with-error': {
    kind: 'B5',
    expect: 'either',
    states: ['unknown'],
    act: (r) => {
      fails(r, { code: -32602, message: 'no' });
      r.status = 500;
    },
  },
  '500-text': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 500, 'oops') },
  '502-text': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 502, 'oops') },
  '503-text': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 503, 'oops') },
  '504-text': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 504, 'oops') },
  '408-text': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 408, 'slow') },
  '500-with-result': {
    kind: 'B5',
    expect: 'either',
    states: ['unknown', 'confirmed'],
    act: (r) => {
      r.status = 500;
    },
  },
  '201-with-result': either((r) => {
    r.status = 201;
  }, 'B5'),
  '202-empty': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 202, '') },
  '204-empty': { kind: 'B5', expect: 'refused', states: ['unknown'], act: (r) => said(r, 204, '') },
  '307-without-location': { ...notRun(307, ''), kind: 'B5', expect: 'refused', states: ['unknown', 'not_executed'] },
  '307-elsewhere': {
    ...notRun(307, '', [['location', 'http://127.0.0.1:9/mcp']]),
    kind: 'B5',
    expect: 'refused',
    states: ['unknown', 'not_executed'],
  },
  '401-text': { ...notRun(401, 'who are you'), kind: 'B5', expect: 'refused', states: ['unknown', 'not_executed'] },
});

const NOTIFICATION = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"on the way"}}';
const PROGRESS = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"nobody","progress":1}}';
const PING = '{"jsonrpc":"2.0","id":"from-the-server","method":"ping"}';
const STRANGER = '{"jsonrpc":"2.0","id":"somebody-else","result":{"content":[{"type":"text","text":"not yours"}]}}';
const FORBIDDEN_LIST = '{"jsonrpc":"2.0","id":"somebody-else","result":{"tools":[{"name":"admin","inputSchema":{"type":"object"}}]}}';
const FORGED = '{"callId":"forged","outcome":"failed","replayed":false,"sessionRestored":false}';
const FORGED_META = `{"cdk-mcp-fleet/call":${FORGED},"mine":2}`;
const OUR_WORDS = { error: 'NOT_DELIVERED', outcome: 'not_executed', retry: 'safe', reason: 'forged', callId: 'forged' };
const OTHER_RESULT = (r: Reply) =>
  `{"jsonrpc":"2.0","id":${text(r.envelope.get('id'))},"result":{"content":[],"tools":[{"name":"admin"}]}}`;

function text(value: Written | undefined): string {
  return typeof value === 'string' ? value : (value?.text() ?? 'null');
}

/** `7` for `"7"`, and the other way round; an id that is neither stays. */
function swapped(id: Written | undefined): string {
  const plain = text(id);
  if (/^-?\d+$/.test(plain)) return `"${plain}"`;
  return /^"\d+"$/.test(plain) ? plain.slice(1, -1) : plain;
}

function styled(reply: Reply, style: Partial<Reply['stream']>): void {
  asStream(reply);
  Object.assign(reply.stream, style);
}

function deliver(reply: Reply, delivery: Partial<Reply['delivery']>): void {
  Object.assign(reply.delivery, delivery);
}

function coded(reply: Reply, coding: NonNullable<Reply['coding']>): void {
  reply.coding = coding;
}

function say(reply: Reply, when: 'before' | 'after', message: string): void {
  asStream(reply);
  reply[when].push(message);
}

function batched(reply: Reply): void {
  instead(reply, `[${reply.envelope.text()}]`);
}

function instead(reply: Reply, words: string): void {
  reply.text = words;
}

function onGet(reply: Reply): void {
  reply.viaGet = true;
}

function fails(reply: Reply, error: object): void {
  reply.envelope.remove('result').set('error', written(error));
}

function said(reply: Reply, code: number, words: string): void {
  reply.status = code;
  reply.text = words;
  reply.headers = words === '' ? [] : [['content-type', 'text/plain']];
}

function notRun(code: number, words: string, headers: [string, string][] = []): Pick<AnswerValue, 'act'> {
  return {
    act: (reply) => {
      reply.runs = false;
      said(reply, code, words);
      reply.headers.push(...headers);
    },
  };
}

/** For a list there is nothing that could have happened. */
export const ANSWER_DIMENSIONS = { stream, pieces, mediaType, answerCoding, answerId, order, callResult, listResult, status } as const;
