import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-error';

/** The largest request of an API that is held in memory: 200 parameters of 4,096 bytes, escaped, and a template beside them. */
const LIMIT = 4 * 1024 * 1024;

/** The body of a request as bytes; one that is too large is read no further. */
export async function boundedBody(request: IncomingMessage, limit = LIMIT): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > limit) throw new AwsError('RequestEntityTooLarge', `The body is larger than ${limit} bytes.`, 413);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
