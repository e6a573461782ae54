import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { AwsError } from '../aws-error';

/** The line before a chunk, and a trailer behind the last one, are short. */
const LONGEST_LINE = 16 * 1024;

/** Whether a body comes in chunks of S3's own (`aws-chunked`), with checksums behind it. */
export function isChunked(headers: IncomingHttpHeaders): boolean {
  return String(headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
}

/**
 * The content of an `aws-chunked` body: `SIZE[;chunk-signature=…]`, that many bytes, and so on to a size of zero; then trailers.
 * @param trailers is filled with what stands behind the content
 */
export async function* unchunked(request: IncomingMessage, trailers: Map<string, string>): AsyncGenerator<Buffer> {
  const lines = new Lines(request);
  for (;;) {
    const [, digits] = /^([0-9a-fA-F]{1,12})(?:;.*)?$/.exec(await lines.line()) ?? [];
    if (digits === undefined) throw incomplete('a chunk has no size');
    const size = Number.parseInt(digits, 16);
    if (size === 0) break;
    yield* lines.bytes(size);
    if ((await lines.line()) !== '') throw incomplete('a chunk is longer than its size');
  }
  for (let line = await lines.lineOrEnd(); line; line = await lines.lineOrEnd()) {
    const at = line.indexOf(':');
    if (at < 1) throw incomplete('a trailer has no name');
    trailers.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
  }
}

/** Reads a stream by lines and by bytes, and keeps no more of it than one line or what came last. */
class Lines {
  private rest: Buffer = Buffer.alloc(0);
  private readonly source: AsyncIterator<Buffer>;

  constructor(request: IncomingMessage) {
    this.source = request[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const line = await this.lineOrEnd();
    if (line === undefined) throw incomplete('it ends too early');
    return line;
  }

  /** Undefined at the end of the body. */
  async lineOrEnd(): Promise<string | undefined> {
    for (;;) {
      const at = this.rest.indexOf('\n');
      if (at >= 0) {
        const line = this.rest.subarray(0, at).toString('latin1').replace(/\r$/, '');
        this.rest = this.rest.subarray(at + 1);
        return line;
      }
      if (this.rest.length > LONGEST_LINE) throw incomplete('a line is too long');
      if (!(await this.more())) return this.rest.length === 0 ? undefined : this.takeRest();
    }
  }

  async *bytes(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      if (this.rest.length === 0 && !(await this.more())) throw incomplete('it ends too early');
      const some = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(some.length);
      left -= some.length;
      yield some;
    }
  }

  private takeRest(): string {
    const text = this.rest.toString('latin1');
    this.rest = Buffer.alloc(0);
    return text;
  }

  private async more(): Promise<boolean> {
    const { done, value } = await this.source.next();
    if (done) return false;
    this.rest = this.rest.length === 0 ? value : Buffer.concat([this.rest, value]);
    return true;
  }
}

function incomplete(what: string): AwsError {
  return new AwsError('IncompleteBody', `The body is no aws-chunked content: ${what}.`);
}
