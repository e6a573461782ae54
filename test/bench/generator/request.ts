import { KEY_META } from '../../../core/meta';
import { padding, READ_TOOL, REVISION, resultHead, WRITE_TOOL } from '../calls';
import type { HttpAnswer } from './response-reader';
import type { Session } from './sessions';

/** A read, a write under a fresh key, a write without one. */
export type Lane = 'read' | 'keyed' | 'keyless';

export interface CallKind {
  readonly lane: Lane;
  /** Characters of the result. */
  readonly size: number;
}

const ARGUMENT_CHARACTERS = 200;
/** Where the number of a call stands; as wide as any of them, so that only digits change from call to call. */
const PLACE = '#########';
const FIRST_NUMBER = 10 ** (PLACE.length - 1);

let last = FIRST_NUMBER;

/** The calls of one session: the bytes of a request, made once, in which each call writes its number. */
export class CallRequest {
  private readonly bytes: Buffer;
  private readonly places: readonly number[];
  private readonly expected: string;
  private id = '';

  constructor({ id, name, path }: Session, headers: Readonly<Record<string, string>>, kind: CallKind) {
    const body = bodyOf(kind);
    const head = headOf(path, { ...headers, 'mcp-session-id': id, 'mcp-protocol-version': REVISION }, body);
    this.bytes = Buffer.from(head + body);
    this.places = placesIn(this.bytes);
    this.expected = name;
    this.padding = padding(kind.size);
  }

  private readonly padding: string;

  /** The bytes of the next call; they are the next one's when this one has been answered. */
  next(): Buffer {
    this.id = String(++last);
    for (const place of this.places) this.bytes.write(this.id, place, 'latin1');
    return this.bytes;
  }

  /** Whether it answers the call that was made last: its status, its id, its session, its own words, all of them. */
  isAnsweredBy({ status, body }: HttpAnswer): boolean {
    const text = `"text":"${resultHead(this.expected, this.id)}`;
    const at = body.indexOf(text);
    const end = at + text.length + this.padding.length;
    return (
      status === 200 &&
      at >= 0 &&
      body.startsWith(this.padding, at + text.length) &&
      body[end] === '"' &&
      body.includes(`"id":${this.id}`) &&
      !body.includes('"isError":true')
    );
  }
}

/** The head of a POST of JSON. */
export function headOf(path: string, headers: Readonly<Record<string, string>>, body: string): string {
  const lines = Object.entries({
    host: '127.0.0.1',
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
  });
  return `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

function bodyOf({ lane, size }: CallKind): string {
  const meta = lane === 'keyed' ? { _meta: { [KEY_META]: `bench-${PLACE}` } } : {};
  const params = {
    name: lane === 'read' ? READ_TOOL : WRITE_TOOL,
    arguments: { marker: PLACE, size, text: padding(ARGUMENT_CHARACTERS) },
    ...meta,
  };
  return JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'tools/call', params }).replace('"id":0', `"id":${PLACE}`);
}

function placesIn(bytes: Buffer): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(PLACE); at >= 0; at = bytes.indexOf(PLACE, at + PLACE.length)) places.push(at);
  return places;
}
