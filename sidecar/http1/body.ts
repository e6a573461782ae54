import { type AnswerHead, fieldValue, HEAD_BYTES, MalformedMessage } from './head';

/** Finds where the body of a message ends, in bytes that come cut anywhere. */
export interface Body {
  readonly whole: boolean;
  /** Whether the end of the connection is its end. */
  readonly endsWithConnection: boolean;
  /**
   * @param pass gets what is body
   * @returns what stands behind its end
   * @throws MalformedMessage
   */
  push(chunk: Buffer, pass: (part: Buffer) => void): Buffer;
}

const NOTHING = Buffer.alloc(0);
/** Longest line between two chunks, with extensions that nobody reads. */
const LINE_CHARACTERS = 1024;
const CHUNK_SIZE = /^([\da-f]{1,13})[\t ]*(?:;.*)?\r\n$/i;

/** RFC 9112 § 6.3. What could end in two places is refused. @throws MalformedMessage */
export function bodyOf(head: AnswerHead): Body {
  const { status, fields, old } = head;
  const coding = fieldValue(fields, 'transfer-encoding');
  const length = lengthOf(fields);
  if (status === 204 || status === 304) return new LengthBody(0);
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked' || length !== undefined || old)
      throw new MalformedMessage(`the answer does not say in one way where it ends (transfer-encoding: ${coding.slice(0, 100)})`);
    return new ChunkedBody();
  }
  return length === undefined ? new ConnectionBody() : new LengthBody(length);
}

function lengthOf(fields: readonly string[]): number | undefined {
  let length: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] !== 'content-length') continue;
    const value = fields[i + 1] as string;
    if (!/^\d{1,15}$/.test(value) || (length !== undefined && length !== value))
      throw new MalformedMessage(`the answer has no one length (content-length: ${value.slice(0, 100)})`);
    length = value;
  }
  return length === undefined ? undefined : Number(length);
}

class LengthBody implements Body {
  readonly endsWithConnection = false;

  constructor(private left: number) {}

  get whole(): boolean {
    return this.left === 0;
  }

  push(chunk: Buffer, pass: (part: Buffer) => void): Buffer {
    const part = chunk.length <= this.left ? chunk : chunk.subarray(0, this.left);
    this.left -= part.length;
    if (part.length > 0) pass(part);
    return part === chunk ? NOTHING : chunk.subarray(part.length);
  }
}

class ConnectionBody implements Body {
  readonly whole = false;
  readonly endsWithConnection = true;

  push(chunk: Buffer, pass: (part: Buffer) => void): Buffer {
    if (chunk.length > 0) pass(chunk);
    return NOTHING;
  }
}

/** RFC 9112 § 7.1. Extensions and trailers are passed over. */
class ChunkedBody implements Body {
  readonly endsWithConnection = false;
  whole = false;
  /** Bytes of the chunk that are still to come. */
  #left = 0;
  /** The line that comes next: behind a chunk an empty one, behind the last one trailers. */
  #next: 'size' | 'behind chunk' | 'trailer' = 'size';
  #line = '';
  #trailers = 0;

  push(chunk: Buffer, pass: (part: Buffer) => void): Buffer {
    let at = 0;
    while (at < chunk.length && !this.whole) at = this.#left > 0 ? this.#passPart(chunk, at, pass) : this.#takeLine(chunk, at);
    return at === chunk.length ? NOTHING : chunk.subarray(at);
  }

  #passPart(chunk: Buffer, at: number, pass: (part: Buffer) => void): number {
    const part = chunk.subarray(at, at + this.#left);
    this.#left -= part.length;
    pass(part);
    return at + part.length;
  }

  #takeLine(chunk: Buffer, at: number): number {
    const feed = chunk.indexOf(0x0a, at);
    const end = feed < 0 ? chunk.length : feed + 1;
    this.#line += chunk.toString('latin1', at, end);
    if (this.#line.length > LINE_CHARACTERS) throw new MalformedMessage('a line between two chunks of the answer is too long');
    if (feed >= 0) {
      const line = this.#line;
      this.#line = '';
      this.#readLine(line);
    }
    return end;
  }

  #readLine(line: string): void {
    if (this.#next === 'size') {
      const size = CHUNK_SIZE.exec(line)?.[1];
      if (size === undefined) throw new MalformedMessage('a chunk of the answer has no size');
      this.#left = Number.parseInt(size, 16);
      this.#next = this.#left > 0 ? 'behind chunk' : 'trailer';
    } else if (this.#next === 'behind chunk') {
      if (line !== '\r\n') throw new MalformedMessage('a chunk of the answer is not as long as it says');
      this.#next = 'size';
    } else {
      this.#trailers += line.length;
      if (!line.endsWith('\r\n') || this.#trailers > HEAD_BYTES) throw new MalformedMessage('the answer has no end behind its last chunk');
      this.whole = line === '\r\n';
    }
  }
}
