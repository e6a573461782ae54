/** One HTTP/1.1 answer, whole. */
export interface HttpAnswer {
  readonly status: number;
  /** As Latin-1: all that the bench's servers say is ASCII. */
  readonly body: string;
}

/** Cuts what a connection brings into answers, one at a time: the next request waits for the last answer. */
export class ResponseReader {
  private chunks: Buffer[] = [];
  private size = 0;
  /** Bytes until it can be whole, as far as that is known. */
  private needed = 0;

  /** @returns the answer that this chunk completes @throws Error for what is no HTTP/1.1 with a told length */
  take(chunk: Buffer): HttpAnswer | undefined {
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.size < this.needed) return undefined;
    const bytes = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks);
    const answer = this.read(bytes);
    if (answer === undefined) {
      this.chunks = [bytes];
      return undefined;
    }
    this.chunks = [];
    this.size = 0;
    this.needed = 0;
    return answer;
  }

  private read(bytes: Buffer): HttpAnswer | undefined {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const head = bytes.toString('latin1', 0, end);
    const status = Number(head.slice(9, 12));
    const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
    if (length !== undefined) {
      this.needed = end + 4 + Number(length);
      return bytes.length < this.needed ? undefined : { status, body: bytes.toString('latin1', end + 4, this.needed) };
    }
    if (!/\r\ntransfer-encoding: *chunked/i.test(head)) throw new Error(`an answer without a length: ${head}`);
    const body = dechunked(bytes, end + 4);
    return body === undefined ? undefined : { status, body };
  }
}

/** @returns undefined before the last chunk has come */
function dechunked(bytes: Buffer, from: number): string | undefined {
  let body = '';
  for (let at = from; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return body;
    body += bytes.toString('latin1', lineEnd + 2, next - 2);
    at = next;
  }
}
