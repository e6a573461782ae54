import { asStream, type Reply, setHeader } from '../reply';
import { answers, either, lost, same } from './answer';

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
