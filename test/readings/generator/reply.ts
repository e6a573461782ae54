import { Members } from './members';

/** How events are written on a stream. */
export interface StreamStyle {
  eol: string;
  /** Text before the first event. */
  lead: string;
  /** Text of one event. */
  event: (data: string, eol: string) => string;
  /** Text before every event. */
  between: string;
  /** Text behind the last event. */
  tail: string;
}

/** How the bytes of an answer leave. */
export interface Delivery {
  /** `bytes`: each on its own; `halves`: in two pieces, cut at a random place; `evil`: where it hurts, in a line end and in a character. */
  pieces: 'whole' | 'bytes' | 'halves' | 'evil';
  /** What becomes of the connection behind them. */
  end: 'closed' | 'open' | 'cut';
  /** Share of the bytes that leave before it is cut. */
  share: number;
  /** Bytes by which `Content-Length` is above the truth; chunked where undefined. */
  length?: number;
}

/** What a server that can be told to misbehaves is about to answer to one request. */
export interface Reply {
  /** The method that it read, and the tool of a call. */
  readonly method: string;
  readonly tool: string;
  /** Whether the tool runs. */
  runs: boolean;
  status: number;
  headers: [name: string, value: string][];
  framing: 'json' | 'sse' | 'text';
  /** In place of everything else, where it is set. */
  text?: string;
  /** The response. */
  envelope: Members;
  before: string[];
  after: string[];
  /** Leaves the response, and what comes with it, to the GET stream. */
  viaGet: boolean;
  stream: StreamStyle;
  coding?: 'gzip' | 'deflate' | 'br' | 'gzip-cut' | 'gzip-twice' | 'unknown';
  delivery: Delivery;
}

export function plainReply(method: string, tool: string, id: string, result: object): Reply {
  return {
    method,
    tool,
    runs: method === 'tools/call',
    status: 200,
    headers: [['content-type', 'application/json']],
    framing: 'json',
    envelope: Members.of({ jsonrpc: '2.0' }).add('id', id).add('result', Members.of(result)),
    before: [],
    after: [],
    viaGet: false,
    stream: { eol: '\n', lead: '', event: (data, eol) => `data: ${data}${eol}${eol}`, between: '', tail: '' },
    delivery: { pieces: 'whole', end: 'closed', share: 1 },
  };
}

/** Makes the answer a stream of events. */
export function asStream(reply: Reply): void {
  reply.framing = 'sse';
  setHeader(reply, 'content-type', 'text/event-stream');
}

export function setHeader(reply: Reply, name: string, value: string): void {
  reply.headers = [...reply.headers.filter(([other]) => other !== name), [name, value]];
}
